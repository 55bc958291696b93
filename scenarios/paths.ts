// Paths as text: with forward slashes, no file system.

/** The directory of a file; "." for a bare name. */
export function directoryOf(file: string): string {
  const slash = file.replaceAll("\\", "/").lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : file.slice(0, slash);
}

/**
 * `path` as seen from `directory`: absolute paths stay, `@builtin/x` lies in `builtinDir` (with
 * `.yaml` added when it has no ending), all else is relative. `.` and `..` are folded.
 */
export function resolvePath(directory: string, path: string, builtinDir: string): string {
  if (path.startsWith("@builtin/")) {
    const name = path.slice("@builtin/".length);
    return folded(`${builtinDir}/${name}${/\.ya?ml$/.test(name) ? "" : ".yaml"}`);
  }
  if (path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path)) return folded(path);
  return folded(directory === "." ? path : `${directory}/${path}`);
}

function folded(path: string): string {
  const kept: string[] = [];
  for (const part of path.replaceAll("\\", "/").split("/")) {
    if (part === "." || (part === "" && kept.length > 0)) continue;
    const last = kept.at(-1);
    if (part === ".." && last !== undefined && last !== ".." && last !== "") kept.pop();
    else kept.push(part);
  }
  return kept.join("/") || ".";
}
