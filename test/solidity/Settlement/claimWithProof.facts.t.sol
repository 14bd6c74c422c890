// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Settling} from "./Settling.sol";

contract SettlementClaimWithProofFactsTest is Settling {
    uint256 private constant FACTS = 13;

    function test_WhenTheAttestationSaysSomethingElse_RefuseWhicheverFactItIs() external {
        Claimed memory claimed = claimOf(open(buy()));
        bytes memory words = abi.encode(factsOf(claimed, openedAt(claimed.opened)));
        assertEq(words.length, 32 * FACTS, "facts");
        for (uint256 i; i < words.length; ++i) {
            // Every byte of every fact, padding too: nothing of them is left out of the question.
            bytes memory changed = bytes.concat(words);
            changed[i] = changed[i] ^ 0x01;
            refused(claimed, changed);
        }
        accepted(claimed, words);
    }

    function test_GivenTheOfferNamesACallerWorkflowAndAnOwner_AskForThese() external {
        OfferTerms memory terms = defaultTerms();
        terms.callerWorkflow = keccak256("caller");
        terms.sourceOwnerId = 4711;
        publish(terms);
        Claimed memory claimed = claimOf(open(buy(terms, 4)));
        IEvidenceVerifier.Facts memory facts = factsOf(claimed, openedAt(claimed.opened));
        facts.callerWorkflow = 0;
        refused(claimed, abi.encode(facts));
        facts.callerWorkflow = keccak256("caller");
        facts.sourceOwnerId = 0;
        refused(claimed, abi.encode(facts));
        facts.sourceOwnerId = 4711;
        accepted(claimed, abi.encode(facts));
    }

    function test_GivenTheOfferNamesNeitherCallerWorkflowNorOwner_AskForNone() external {
        Claimed memory claimed = claimOf(open(buy()));
        IEvidenceVerifier.Facts memory facts = factsOf(claimed, openedAt(claimed.opened));
        facts.callerWorkflow = 0;
        facts.sourceOwnerId = 0;
        accepted(claimed, abi.encode(facts));
    }

    function test_GivenThePermitNamesTheRepository_AskForThatOfThePermit() external {
        Entitled memory entitled = buy();
        PermitInput memory permit = permitOf(entitled);
        permit.repositoryId = 123;
        Claimed memory claimed = claimOf(open(entitled, permit));
        IEvidenceVerifier.Facts memory facts = factsOf(claimed, openedAt(claimed.opened));
        facts.repositoryId = entitled.terms.sourceRepositoryId;
        refused(claimed, abi.encode(facts));
        facts.repositoryId = 123;
        accepted(claimed, abi.encode(facts));
    }

    function test_GivenTheStepWasOpenedSomeTimeAgo_AskForTheRootsOfThatMoment() external {
        Claimed memory claimed = claimOf(open(buy()));
        uint40 opening = uint40(nowIs());
        pass(20);
        refused(claimed, abi.encode(factsOf(claimed, uint40(nowIs()))));
        accepted(claimed, abi.encode(factsOf(claimed, opening)));
    }

    // ------------------------------------------------------------------ parts

    function refused(Claimed memory claimed, bytes memory facts) private {
        ISettlement.ProvenClaim memory proven = provenBy(claimed, facts);
        expectRefusal(otherEvidence());
        settlement.claimWithProof(claimed.opened.entitled.terms, proven);
    }

    function accepted(Claimed memory claimed, bytes memory facts) private {
        settlement.claimWithProof(claimed.opened.entitled.terms, provenBy(claimed, facts));
        claimed.ref.windowEnd = uint40(nowIs()) + DISPUTE_WINDOW;
        requirePending(claimed);
    }

    /// @dev A proof that the attestation says these encoded facts.
    function provenBy(
        Claimed memory claimed,
        bytes memory facts
    ) private view returns (ISettlement.ProvenClaim memory proven) {
        proven = provenClaim(claimed);
        proven.proof = abi.encode(keccak256(facts), nowIs());
    }
}
