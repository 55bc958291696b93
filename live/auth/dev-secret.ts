// The secret of `stormglass serve --dev` and `stormglass token --dev`: everybody knows it, so it protects nothing. It is a constant
// so that two terminals on a laptop agree without a file between them.

export const DEV_SECRET = "stormglass-dev-secret: known to everybody, protects nothing";
