// Why a server could not start, for somebody who can mend it: the setting that is to blame, and what the system said.

export class StartError extends Error {
  override readonly name = "StartError";
  /** As a file of settings names it: edge.port. */
  readonly setting: string;
  /** EADDRINUSE and the like; "" when it is not the system that refused. */
  readonly systemCode: string;

  constructor(setting: string, message: string, cause: unknown) {
    super(message, { cause });
    this.setting = setting;
    this.systemCode = (cause as { code?: unknown } | undefined)?.code?.toString() ?? "";
  }
}

/** What `start` gives, or a StartError that names the setting. */
export async function blaming<Started>(
  setting: string,
  start: () => Started | Promise<Started>,
): Promise<Started> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(setting, (error as Error).message, error);
  }
}
