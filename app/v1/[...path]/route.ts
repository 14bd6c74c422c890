import { getService } from "../../_server/service.ts";

export const dynamic = "force-dynamic";

/** Gateway and claims: their own router decides what exists. */
async function handle(request: Request): Promise<Response> {
  return (await getService()).handle(request);
}

export { handle as GET, handle as POST, handle as PUT };
