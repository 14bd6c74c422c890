// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {Chaos} from "./Chaos.sol";

contract SettlementCalls is Chaos {
    function test_Fuzz_Claim(uint256 seed) external {
        ISettlement.SignedClaim memory signed = signedClaim(claimOf(opened));
        decide(abi.encodeCall(ISettlement.claim, (bought.terms, signed)), seed);
    }

    function test_Fuzz_ClaimBatch(uint256 seed) external {
        ISettlement.SignedClaim[] memory signed = new ISettlement.SignedClaim[](1);
        signed[0] = signedClaim(claimOf(opened));
        decide(abi.encodeCall(ISettlement.claimBatch, (bought.terms, signed)), seed);
    }

    function test_Fuzz_ClaimWithProof(uint256 seed) external {
        ISettlement.ProvenClaim memory proof = provenClaim(claimOf(opened));
        decide(abi.encodeCall(ISettlement.claimWithProof, (bought.terms, proof)), seed);
    }

    function test_Fuzz_Prove(uint256 seed) external {
        Claimed memory claimed = seed % 8 < 4 ? pending : evidenceChallenged;
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        decide(abi.encodeCall(ISettlement.prove, (bought.terms, proof, claimed.ref.windowEnd)), seed);
    }

    function test_Fuzz_Acknowledge(uint256 seed) external {
        bytes memory signed = acknowledgement(buyer, pending);
        decide(abi.encodeCall(ISettlement.acknowledge, (bought.terms, pending.ref, signed)), seed);
    }

    function test_Fuzz_ChallengeEvidence(uint256 seed) external {
        Claimed memory claimed = seed % 8 < 4 ? pending : conductChallenged;
        bytes memory data = abi.encodeCall(ISettlement.challengeEvidence, (bought.terms, claimed.ref));
        // Whatever is more than the bond comes back.
        attempt(Call(address(settlement), data, stranger, MIN_BOND + ((seed / 8) % 3)), seed);
    }

    function test_Fuzz_ChallengeConduct(uint256 seed) external {
        Claimed memory claimed = seed % 8 < 4 ? pending : evidenceChallenged;
        bytes memory data = abi.encodeCall(
            ISettlement.challengeConduct,
            (bought.terms, claimed.ref, keccak256("statement"), "https://statement.test/1")
        );
        attempt(Call(address(settlement), data, buyer, CONDUCT_BOND), seed);
    }

    function test_Fuzz_RejectUnproven(uint256 seed) external {
        pass(PROOF_WINDOW);
        decide(abi.encodeCall(ISettlement.rejectUnproven, (bought.terms, evidenceChallenged.ref)), seed);
    }

    function test_Fuzz_Rule(uint256 seed, uint96 share) external {
        ISettlement.Ruling ruling = ISettlement.Ruling((seed / 8) % 3);
        share = ruling == ISettlement.Ruling.Split ? 1 + (share % (PRICE - 1)) : 0;
        bytes memory data = abi.encodeCall(ISettlement.rule, (bought.terms, conductChallenged.ref, ruling, share));
        attempt(Call(address(settlement), data, arbiter, 0), seed);
    }

    function test_Fuzz_RejectUnruled(uint256 seed) external {
        pass(ARBITRATION_WINDOW);
        decide(abi.encodeCall(ISettlement.rejectUnruled, (bought.terms, conductChallenged.ref)), seed);
    }

    function test_Fuzz_ReclaimBond(uint256 seed) external {
        ISettlement.ChallengeKind kind = ISettlement.ChallengeKind((seed / 4) % 2);
        // Every other one is of a claim that still counts.
        Claimed memory claimed =
            seed % 2 == 0
                ? voided
                : kind == ISettlement.ChallengeKind.Evidence
                    ? evidenceChallenged
                    : conductChallenged;
        decide(abi.encodeCall(ISettlement.reclaimBond, (claimed.ref.runKey, kind)), seed);
    }

    /// @dev Anybody may call, so a stranger does.
    function decide(bytes memory data, uint256 seed) private {
        attempt(Call(address(settlement), data, stranger, 0), seed);
    }
}
