/** Starts gateway and indexer with the server, not with its first visitor. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { getService } = await import("./app/_server/service.ts");
  await getService();
}
