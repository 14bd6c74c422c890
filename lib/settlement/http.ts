import { bytes32 } from "../core/encoding.ts";
import { bytesResponse, jsonResponse, type Route, readBody } from "../core/http.ts";
import { parseSchema } from "../core/json.ts";
import type { Claims } from "./claims.ts";

/** The largest capsule a server reads into memory. */
const MAX_CAPSULE_BYTES = 64 * 1024 * 1024;

/** Claiming over HTTP: collect a run's evidence, read a capsule, have one verified and claimed. */
export function claimRoutes(claims: Claims): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/v1/permits/:permit/capsule",
      handler: async (_request, { permit }) =>
        bytesResponse(await claims.collect(parseSchema(bytes32, permit, "permit hash"))),
    },
    {
      method: "POST",
      path: "/v1/claims",
      handler: async (request) => jsonResponse(await claims.claim(await readBody(request, MAX_CAPSULE_BYTES))),
    },
  ];
}
