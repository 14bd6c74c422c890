import { type Mutant, mutantsOf } from "./mutant.ts";
import { solidityTests } from "./solidityTests.ts";

const OFFER_REGISTRY = solidityTests("OfferRegistry");

/** What may be offered, and by whom: rows 1 and 2, invariants 6 and 8. */
export const offerRegistryMutants: readonly Mutant[] = mutantsOf(
  "contracts/OfferRegistry.sol",
  "offers",
  OFFER_REGISTRY,
  {
    "publish-for-another": {
      removes: "row 1: the seller publishes",
      from: "        if (msg.sender != terms.seller) revert NotSeller(msg.sender, terms.seller);\n",
    },
    "publish-other-policy": {
      removes: "row 1: sha256(policy) == policyHash",
      from: "        if (policyHash != terms.policyHash) revert PolicyHashMismatch(terms.policyHash, policyHash);\n",
    },
    "publish-twice": {
      removes: "row 1: a retired offer never comes back",
      from: "        if (record.status != OfferStatus.None) revert OfferAlreadyPublished(offerId);\n",
    },
    "retire-by-anyone": {
      removes: "row 2: the seller retires",
      from: "        if (msg.sender != record.seller) revert NotSeller(msg.sender, record.seller);\n",
    },
    "retire-does-nothing": {
      removes: "row 2: a retired offer is not sold",
      from: "        record.status = OfferStatus.Retired;\n",
    },
    "more-pending-than-bits": {
      removes: "maxPending <= 8: the bitmap holds every pending step",
      from: '_requireWithin("maxPending", terms.maxPending, 1, MAX_PENDING);',
      to: '_requireWithin("maxPending", terms.maxPending, 1, 255);',
    },
    "fee-above-bond": {
      removes: "arbiterFee <= conductBond",
      from: '        _requireWithin("arbiterFee", terms.arbiterFee, 0, terms.conductBond);\n',
    },
    "token-without-code": {
      removes: "the token is native or has code",
      from: "        if (terms.token != address(0) && terms.token.code.length == 0) revert TokenWithoutCode(terms.token);\n",
    },
    "unprovable-without-arbiter": {
      removes: "an offer that is not provable names an arbiter",
      from: '            if (terms.arbiter == address(0)) revert TermMissing("arbiter");\n',
    },
    "tier-2-any-commit": {
      removes: "tier 2 pins the source commit",
      from: "(terms.runnerTier == MAX_TIER || terms.provable) && terms.sourceCommit == 0",
      to: "terms.provable && terms.sourceCommit == 0",
    },
    "provable-any-commit": {
      removes: "a provable offer pins the source commit, so that nobody adds a job to its run",
      from: "(terms.runnerTier == MAX_TIER || terms.provable) && terms.sourceCommit == 0",
      to: "terms.runnerTier == MAX_TIER && terms.sourceCommit == 0",
    },
    "page-of-any-size": {
      removes: "a page of offers fits an RPC answer",
      from: "        if (count == 0 || count > MAX_PAGE) revert PageSizeOutOfRange(count, MAX_PAGE);\n",
    },
    "offer-unlisted": {
      removes: "every published offer is in the list",
      from: "        _published.push(offerId);\n",
    },
    "bounds-ignored": {
      removes: "row 1: every term in bounds",
      from: "        if (value < min || value > max) revert TermOutOfBounds(term, value, min, max);\n",
    },
  },
);
