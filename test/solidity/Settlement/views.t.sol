// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {EntitlementId, RunKey} from "../../../contracts/types/Ids.sol";
import {StepClaim} from "../../../contracts/types/StepClaim.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementViewsTest is Settling {
    ISettlement.ChallengeKind private constant EVIDENCE = ISettlement.ChallengeKind.Evidence;
    ISettlement.ChallengeKind private constant CONDUCT = ISettlement.ChallengeKind.Conduct;
    uint64 private constant OTHER_CHAIN = 8453;

    function test_WhenEvidenceBondIsAsked_AnswerTheLargerOfTheLeastBondAndFourProofs(uint64 baseFee) external {
        VM.fee(baseFee);
        uint256 four = 4 * PROOF_GAS * baseFee;
        assertEq(settlement.evidenceBond(), four > MIN_BOND ? four : MIN_BOND, "bond");
    }

    function test_WhenChallengeOfIsAsked_AnswerNothingForARunNobodyChallenged(RunKey runKey) external view {
        ISettlement.Challenge memory none;
        assertEq(abi.encode(settlement.challengeOf(runKey, EVIDENCE)), abi.encode(none), "evidence");
        assertEq(abi.encode(settlement.challengeOf(runKey, CONDUCT)), abi.encode(none), "conduct");
    }

    function test_WhenChallengeOfIsAsked_AnswerEachKindApart() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        requireNoChallenge(claimed, CONDUCT);
        challengeConduct(claimed);
        assertEq(settlement.challengeOf(claimed.ref.runKey, EVIDENCE).poster, stranger, "evidence");
        assertEq(settlement.challengeOf(claimed.ref.runKey, CONDUCT).poster, buyer, "conduct");
    }

    function test_WhenProvenRunOfIsAsked_AnswerNothingForARunNobodyProved(
        uint64 repositoryId,
        uint64 runId,
        uint32 runAttempt
    ) external view {
        assertEq(settlement.provenRunOf(repositoryId, runId, runAttempt), 0, "claim");
    }

    function test_WhenProvenRunOfIsAsked_AnswerNothingForAnotherRepositoryRunOrAttempt() external {
        PermitInput memory permit = claimWithProof(open(buy())).opened.permit;
        assertEq(settlement.provenRunOf(permit.repositoryId + 1, permit.runId, permit.runAttempt), 0, "repository");
        assertEq(settlement.provenRunOf(permit.repositoryId, permit.runId + 1, permit.runAttempt), 0, "run");
        assertEq(settlement.provenRunOf(permit.repositoryId, permit.runId, permit.runAttempt + 1), 0, "attempt");
        assertEq(settlement.provenRunOf(uint64(permit.runId), uint64(permit.repositoryId), 1), 0, "order");
    }

    function test_WhenProvenRunOfIsAsked_AnswerTheClaimWhoeverProvedIt(address caller) external {
        Claimed memory claimed = claim(buy());
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        VM.prank(caller);
        settlement.prove(claimed.opened.entitled.terms, proof, claimed.ref.windowEnd);
        PermitInput memory permit = claimed.opened.permit;
        assertEq(
            settlement.provenRunOf(permit.repositoryId, permit.runId, permit.runAttempt),
            claimed.ref.claimHash,
            "claim"
        );
    }

    function test_WhenHashApprovalIsAsked_AnswerTheDigestOfAnyApproval(
        bytes32 claimHash,
        bytes32 reportHash,
        bytes32 evidenceHash,
        uint64 deadline
    ) external view {
        requireSameApproval(claimHash, reportHash, evidenceHash, deadline);
    }

    function test_WhenHashApprovalIsAsked_AnswerForAChainThatHasSplit(bytes32 claimHash, uint64 deadline) external {
        VM.chainId(OTHER_CHAIN);
        requireSameApproval(claimHash, REPORT_HASH, EVIDENCE_HASH, deadline);
    }

    function test_WhenHashClaimIsAsked_AnswerTheHashOfAnyClaim(
        EntitlementId entitlement,
        StepClaim memory says
    ) external view {
        requireSameClaim(entitlement, says);
    }

    function test_WhenHashClaimIsAsked_AnswerForAChainThatHasSplit(
        EntitlementId entitlement,
        StepClaim memory says
    ) external {
        bytes32 before = settlement.hashClaim(entitlement, says);
        VM.chainId(OTHER_CHAIN);
        requireSameClaim(entitlement, says);
        assertTrue(settlement.hashClaim(entitlement, says) != before, "both sides have one hash");
    }

    function test_WhenClaimBlobIsAsked_AnswerTwelveWordsOfAnyClaim(
        EntitlementId entitlement,
        StepClaim memory says
    ) external view {
        bytes memory blob = settlement.claimBlob(entitlement, says);
        assertEq(blob.length, 12 * 32, "length");
        assertEq(blob, Hashes.claimBlob(address(settlement), entitlement, says), "blob");
    }

    function test_WhenClaimBlobIsAsked_AnswerTheWordsInTheirOrder() external view {
        StepClaim memory says = StepClaim({
            step: 5,
            permitHash: bytes32(uint256(6)),
            certificateHash: bytes32(uint256(7)),
            resultHash: bytes32(uint256(8)),
            bundleHash: bytes32(uint256(9)),
            nextStateCommitment: bytes32(uint256(10)),
            nextNetCommitment: bytes32(uint256(11)),
            transcriptRoot: bytes32(uint256(12))
        });
        bytes memory blob = settlement.claimBlob(EntitlementId.wrap(bytes32(uint256(4))), says);
        uint256[12] memory words = abi.decode(blob, (uint256[12]));
        assertEq(bytes32(words[0]), sha256("pawl/v1/StepClaim\x00"), "tag");
        assertEq(words[1], 31_337, "chain");
        assertEq(address(uint160(words[2])), address(settlement), "settlement");
        for (uint256 i = 3; i < 12; ++i) assertEq(words[i], i + 1, "word");
    }

    function test_WhenEscrowIsAsked_AnswerTheLedger() external view {
        assertEq(address(settlement.escrow()), address(escrow), "ledger");
    }

    function test_WhenOfferRegistryIsAsked_AnswerWhereOffersArePublished() external view {
        assertEq(address(settlement.offerRegistry()), address(registry), "registry");
    }

    function test_WhenPermitConsumerIsAsked_AnswerTheContractThatConsumesPermits() external view {
        assertEq(address(settlement.permitConsumer()), address(consumer), "permit consumer");
    }

    function test_WhenEvidenceVerifierIsAsked_AnswerTheContractThatChecksEvidence() external view {
        assertEq(address(settlement.evidenceVerifier()), address(evidence), "evidence verifier");
    }

    function test_WhenEip712DomainIsAsked_AnswerNameVersionChainAndContract() external view {
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        ) = settlement.eip712Domain();
        // Name, version, chain id and contract are there, a salt is not.
        assertEq(bytes32(fields), bytes32(bytes1(0x0f)), "fields");
        assertEq(name, "Pawl Settlement", "name");
        assertEq(version, "1", "version");
        assertEq(chainId, 31_337, "chain");
        assertEq(verifyingContract, address(settlement), "contract");
        assertEq(salt, 0, "salt");
        assertEq(extensions.length, 0, "extensions");
    }

    function test_WhenEip712DomainIsAsked_AnswerTheChainAsItIsAfterASplit() external {
        VM.chainId(OTHER_CHAIN);
        (, , , uint256 chainId, , , ) = settlement.eip712Domain();
        assertEq(chainId, OTHER_CHAIN, "chain");
    }

    // ------------------------------------------------------------------ parts

    function requireSameApproval(
        bytes32 claimHash,
        bytes32 reportHash,
        bytes32 evidenceHash,
        uint64 deadline
    ) private view {
        assertEq(
            settlement.hashApproval(claimHash, reportHash, evidenceHash, deadline),
            Hashes.approvalDigest(address(settlement), claimHash, reportHash, evidenceHash, deadline),
            "digest"
        );
    }

    function requireSameClaim(EntitlementId entitlement, StepClaim memory says) private view {
        assertEq(
            settlement.hashClaim(entitlement, says),
            Hashes.claimHash(address(settlement), entitlement, says),
            "claim hash"
        );
    }
}
