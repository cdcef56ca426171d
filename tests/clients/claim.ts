// The life of a claim, by a client generated from the running server's document: create, check, correct, check again,
// history, merge, withdraw.

import createClient from "openapi-fetch";
import type { components, paths } from "./factcheck.js";

type Claim = components["schemas"]["Claim"];
type Problem = components["schemas"]["Problem"];
type Status = components["schemas"]["Status"];

declare const process: { argv: string[] };

function equal<T>(found: T, wanted: T): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);
  }
}

function given<T>(value: T | null | undefined): T {
  if (value === undefined || value === null) throw new Error("nothing was given");
  return value;
}

const [baseUrl, secret] = process.argv.slice(2).map(given);
const client = createClient<paths>({ baseUrl: given(baseUrl), headers: { Authorization: `Bearer ${secret}` } });
const stranger = createClient<paths>({ baseUrl: given(baseUrl), headers: { Authorization: "Bearer none" } });

async function statusOf(text: string): Promise<Status> {
  const { data } = await client.POST("/v1/checks", {
    body: { claims: [{ ref: "p3", text, language: "en" }], options: { max_matches: 3, languages: ["en", "fa"] } },
  });
  const [result] = given(data).results;
  equal(given(result).ref, "p3");
  return given(result).status;
}

// who has no key is told so
const refused = await stranger.GET("/v1/claims", {});
equal(refused.data, undefined);
const problem: Problem = given(refused.error);
equal([refused.response.status, problem.status], [401, 401]);

// create, under a key that makes it safe to send again
const text = "The Example Strait tunnel carried 518 trains on its first day";
const creation = {
  params: { query: { reason: "Seen in print" }, header: { "Idempotency-Key": '"tunnel-1"' } },
  body: { text, language: "en", claimant: "The port authority", claimed_at: "2026-01-05" },
};
const created = await client.POST("/v1/claims", creation);
equal(created.response.status, 201);
const claim: Claim = given(created.data);
const again = await client.POST("/v1/claims", creation);
equal(given(again.data).id, claim.id);
equal(again.response.headers.get("Idempotent-Replayed"), "true");

// check
equal(await statusOf(text), "unproven");
const kept = await client.POST("/v1/checks", { body: { claims: [{ text }] } });
const check = given(kept.data);
equal(kept.response.headers.get("Location"), `/v1/checks/${check.id}`);
const read = await client.GET("/v1/checks/{check_id}", { params: { path: { check_id: check.id } } });
equal(given(read.data), check);

// what breaks the contract is told with its place
const wrong = await client.POST("/v1/checks", { body: { claims: [{ text: "" }] } });
equal(given(wrong.error).errors.map((each) => each.pointer), ["/claims/0/text"]);

// correct: absent stays, null goes; whoever has seen an older revision is refused
const seen = given(created.response.headers.get("ETag"));
const path = { claim_id: claim.id };
const corrected = await client.PATCH("/v1/claims/{claim_id}", {
  params: { path, header: { "If-Match": seen }, query: { reason: "Log book" } },
  body: { claimant: null, pinned_verdict: { verdict: "false", reason: "The log book says 214." } },
});
equal([given(corrected.data).claimant, given(corrected.data).revision], [null, 2]);
const stale = await client.PATCH("/v1/claims/{claim_id}", {
  params: { path, header: { "If-Match": seen } },
  body: { claimant: "Nobody" },
});
equal(given(stale.error).status, 412);

// check again
equal(await statusOf(text), "refuted");

// history
const history = await client.GET("/v1/claims/{claim_id}/history", { params: { path } });
equal(
  given(history.data).items.map((each) => [each.revision, each.reason]),
  [
    [2, "Log book"],
    [1, "Seen in print"],
  ],
);
const before = await client.GET("/v1/claims/{claim_id}", { params: { path, query: { revision: 1 } } });
equal(given(before.data), claim);
const found = await client.GET("/v1/claims", { params: { query: { q: "tunnel 518", verdict: "false", fields: "id" } } });
equal(
  given(found.data).items.map((each) => each.id),
  [claim.id],
);

// merge and withdraw
const other = await client.POST("/v1/claims", { body: { text: "The tunnel saw 518 trains at once", language: "en" } });
const merged = await client.POST("/v1/claims/{claim_id}/merge", {
  params: { path: { claim_id: given(other.data).id } },
  body: { into: claim.id },
});
equal(given(merged.data).id, claim.id);
const withdrawn = await client.DELETE("/v1/claims/{claim_id}", { params: { path, header: { "If-Match": "*" } } });
equal(withdrawn.response.status, 204);
const gone = await client.GET("/v1/claims/{claim_id}", { params: { path } });
equal(given(gone.error).status, 410);

// what the document rules out does not compile
export async function neverCompiled(): Promise<void> {
  // @ts-expect-error a misspelt field
  await client.POST("/v1/checks", { body: { claims: [{ txt: "39 terrorists" }] } });
  // @ts-expect-error a change without If-Match
  await client.DELETE("/v1/claims/{claim_id}", { params: { path } });
  // @ts-expect-error no such verdict
  await client.GET("/v1/claims", { params: { query: { verdict: "sure" } } });
}

console.log("whole");
