import type { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import { bytesResponse, jsonResponse, type Route, readJson } from "../core/http.ts";
import { parseSchema } from "../core/json.ts";
import type { Gateway } from "./gateway.ts";
import {
  type AnnouncedDelivery,
  announcedDeliverySchema,
  askSchema,
  permitSubmissionSchema,
  pollSchema,
  releaseSchema,
  resultRequestSchema,
  stepRequestSchema,
} from "./wire.ts";

const SMALL_BODY = 65_536;
/** An input of 1 MiB in base64, and the rest of the message. */
const REQUEST_BODY = 1_500_000;

/** The gateway's HTTP protocol; each path is described in docs/http.md. */
export function gatewayRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/v1/steps",
      handler: async (request) => {
        const { repository, runId } = await gateway.requests.request(
          await readJson(request, stepRequestSchema, REQUEST_BODY),
        );
        return jsonResponse({ repository, runId: runId.toString() });
      },
    },
    {
      method: "GET",
      path: "/v1/entitlements/:entitlement/asks",
      handler: async (_request, { entitlement }) =>
        jsonResponse({ asks: await gateway.asks.inbox(word(entitlement, "entitlement")) }),
    },
    {
      method: "POST",
      path: "/v1/asks",
      handler: async (request) => jsonResponse(await gateway.asks.ask(await readJson(request, askSchema, SMALL_BODY))),
    },
    {
      method: "POST",
      path: "/v1/asks/:ask/permit",
      handler: async (request, { ask }) => {
        const submission = await readJson(request, permitSubmissionSchema, SMALL_BODY);
        return jsonResponse({ permitHash: await gateway.asks.permit(word(ask, "ask"), submission) });
      },
    },
    {
      method: "POST",
      path: "/v1/asks/:ask/poll",
      handler: async (request, { ask }) => {
        const poll = await readJson(request, pollSchema, SMALL_BODY);
        return jsonResponse(await gateway.release.poll(word(ask, "ask"), poll));
      },
    },
    {
      method: "POST",
      path: "/v1/asks/:ask/release",
      handler: async (request, { ask }) => {
        const release = await readJson(request, releaseSchema, SMALL_BODY);
        return jsonResponse({ transaction: await gateway.release.release(word(ask, "ask"), release) });
      },
    },
    {
      method: "POST",
      path: "/v1/asks/:ask/parent",
      handler: async (request, { ask }) => {
        const row = await gateway.asks.authenticate(word(ask, "ask"), await readJson(request, pollSchema, SMALL_BODY));
        return bytesResponse(await gateway.release.parentBundle(row));
      },
    },
    {
      method: "PUT",
      path: "/v1/asks/:ask/delivery",
      handler: async (request, { ask }) => {
        const askId = word(ask, "ask");
        return jsonResponse(await gateway.deliveries.receive(askId, announcedIn(request.headers), request.body));
      },
    },
    {
      method: "POST",
      path: "/v1/results",
      handler: async (request) =>
        bytesResponse(await gateway.deliveries.result(await readJson(request, resultRequestSchema, SMALL_BODY))),
    },
  ];
}

function announcedIn(headers: Headers): AnnouncedDelivery {
  const number = (name: string) => Number(headers.get(name) ?? Number.NaN);
  const announced = {
    at: number("pawl-at"),
    mac: headers.get("pawl-mac"),
    bytes: number("pawl-length"),
    hash: headers.get("pawl-sha256"),
  };
  return parseSchema(announcedDeliverySchema, announced, "pawl-* headers");
}

function word(value: string | undefined, what: string): z.output<typeof bytes32> {
  return parseSchema(bytes32, value, what);
}
