import { createGatewayClient } from "#lib/gateway/client.ts";

/** The gateway behind these pages, which is this server. */
export const gateway = createGatewayClient({ url: "", fetch: (...call) => fetch(...call) });
