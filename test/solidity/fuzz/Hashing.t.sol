// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {ACKNOWLEDGEMENT_TYPEHASH, acknowledgementStructHash} from "../../../contracts/types/Acknowledgement.sol";
import {DELEGATION_TYPEHASH, Delegation, delegationStructHash} from "../../../contracts/types/Delegation.sol";
import {
    EntitlementId,
    OfferId,
    RunKey,
    entitlementIdOf,
    headOf,
    openMarkerOf,
    runKeyOf
} from "../../../contracts/types/Ids.sol";
import {keccakOf} from "../../../contracts/types/Keccak.sol";
import {OBSERVATION_TYPEHASH, observationStructHash} from "../../../contracts/types/Observation.sol";
import {OFFER_TERMS_SIZE, OfferTerms, offerIdOf} from "../../../contracts/types/OfferTerms.sol";
import {
    PURCHASE_TYPEHASH,
    PURCHASE_WITNESS_TYPE,
    TOP_UP_TYPEHASH,
    TOP_UP_WITNESS_TYPE,
    paymentWitness
} from "../../../contracts/types/Payment.sol";
import {
    STEP_CLAIM_TAG,
    StepClaim,
    claimBlobOf,
    claimDigestOf,
    claimHashOf
} from "../../../contracts/types/StepClaim.sol";
import {PermitInput, STEP_PERMIT_TYPEHASH, stepPermitStructHash} from "../../../contracts/types/StepPermit.sol";
import {VERIFIED_CLAIM_TYPEHASH, verifiedClaimStructHash} from "../../../contracts/types/VerifiedClaim.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {World} from "../base/World.sol";

/// @notice The fast hashes against their plain twins, for any arguments. What is hashed in assembly must leave memory
/// as it should be: what was there before is there after, the next block begins where it would have, and the slot that
/// is always zero is zero.
contract Hashing is World {
    string private constant STEP_PERMIT =
        "StepPermit(bytes32 entitlement,uint32 epoch,uint32 step,address gateway,uint64 repositoryId,uint64 runId,"
        "uint32 runAttempt,bytes20 sourceCommit,bytes20 signerCommit,bytes32 policyHash,bytes32 inputHash,"
        "bytes32 workerKey,bytes32 resultKey,bytes32 parentStateCommitment,bytes32 parentNetCommitment,"
        "bytes32 observationHash,bytes32 salt,uint64 deadline)";

    /// @dev What lies in memory before a hash is taken.
    struct Canary {
        bytes song;
        bytes32 songHash;
        uint256 next;
    }

    // ------------------------------------------------------------------ a few words

    function test_Fuzz_KeccakOfTwoWords(bytes32 a, bytes32 b, uint8 size) external pure {
        Canary memory canary = placed(size);
        bytes32 hash = keccakOf(a, b);
        requireUnharmed(canary);
        assertEq(hash, keccak256(abi.encode(a, b)), "hash");
    }

    function test_Fuzz_KeccakOfThreeWords(bytes32 a, bytes32 b, bytes32 c, uint8 size) external pure {
        Canary memory canary = placed(size);
        bytes32 hash = keccakOf(a, b, c);
        requireUnharmed(canary);
        assertEq(hash, keccak256(abi.encode(a, b, c)), "hash");
    }

    function test_Fuzz_KeccakOfFourWords(bytes32[4] memory words, uint8 size) external pure {
        Canary memory canary = placed(size);
        bytes32 hash = keccakOf(words[0], words[1], words[2], words[3]);
        requireUnharmed(canary);
        assertEq(hash, keccak256(abi.encode(words)), "hash");
    }

    function test_Fuzz_KeccakOfFiveWords(bytes32[5] memory words, uint8 size) external pure {
        Canary memory canary = placed(size);
        bytes32 hash = keccakOf(words[0], words[1], words[2], words[3], words[4]);
        requireUnharmed(canary);
        assertEq(hash, keccak256(abi.encode(words)), "hash");
    }

    /// @dev One after another, each in the memory that the last one used.
    function test_Fuzz_KeccakOfWordsInARow(bytes32[5] memory w) external pure {
        bytes32 chain = keccakOf(w[0], w[1]);
        chain = keccakOf(chain, w[2], w[3]);
        chain = keccakOf(chain, w[4], w[0], w[1]);
        chain = keccakOf(chain, w[2], w[3], w[4], w[0]);
        bytes32 twin = keccak256(abi.encode(w[0], w[1]));
        twin = keccak256(abi.encode(twin, w[2], w[3]));
        twin = keccak256(abi.encode(twin, w[4], w[0], w[1]));
        twin = keccak256(abi.encode(twin, w[2], w[3], w[4], w[0]));
        assertEq(chain, twin, "hash of hashes");
    }

    // ------------------------------------------------------------------ ids

    function test_Fuzz_EntitlementId(OfferId offerId, address owner, bytes32 salt) external pure {
        assertEq(
            EntitlementId.unwrap(entitlementIdOf(offerId, owner, salt)),
            keccak256(abi.encode(offerId, owner, salt)),
            "id"
        );
    }

    function test_Fuzz_RunKey(address consumedBy, uint64 repository, uint64 run, uint32 attempt) external pure {
        assertEq(
            RunKey.unwrap(runKeyOf(consumedBy, repository, run, attempt)),
            keccak256(abi.encode(consumedBy, repository, run, attempt)),
            "run key"
        );
    }

    function test_Fuzz_Head(bytes32 state, bytes32 net) external pure {
        assertEq(headOf(state, net), Hashes.head(state, net), "head");
        assertEq(headOf(0, 0), 0, "the beginning");
        // One empty commitment is not the beginning.
        if (state != 0) assertEq(headOf(state, 0), keccak256(abi.encode(state, bytes32(0))), "head without net");
        if (net != 0) assertEq(headOf(0, net), keccak256(abi.encode(bytes32(0), net)), "head without state");
    }

    function test_Fuzz_OpenMarker(bytes32 parent, bytes32 permitHash, RunKey run) external pure {
        bytes32 marker = openMarkerOf(parent, permitHash, run);
        assertEq(marker, keccak256(abi.encode(bytes32("open"), parent, permitHash, run)), "marker");
    }

    function test_Fuzz_ClaimDigest(
        uint32 step,
        RunKey run,
        bytes32 claimHash,
        bytes32 parent,
        uint40 windowEnd
    ) external pure {
        assertEq(
            claimDigestOf(step, run, claimHash, parent, windowEnd),
            keccak256(abi.encode(step, run, claimHash, parent, windowEnd)),
            "digest"
        );
    }

    // ------------------------------------------------------------------ terms

    function test_Fuzz_OfferId(OfferTerms calldata terms, uint8 size) external view {
        Canary memory canary = placed(size);
        OfferId offerId = offerIdOf(terms);
        requireUnharmed(canary);
        assertEq(OfferId.unwrap(offerId), keccak256(abi.encode(terms)), "id");
        // The contract as it is compiled for deployment.
        assertEq(OfferId.unwrap(registry.hashTerms(terms)), keccak256(abi.encode(terms)), "id by the registry");
    }

    function test_TheSizeOfTermsIsThatOfTheirEncoding() external {
        assertEq(OFFER_TERMS_SIZE, abi.encode(defaultTerms()).length, "bytes");
    }

    /// @dev A bit that belongs to no value. Such terms have an id, but nothing can be published under it.
    function test_Fuzz_TermsWithStrayBitsAreTermsOfNoOffer(uint8 member, uint8 bit) external {
        OfferTerms memory terms = defaultTerms();
        publish(terms);
        bytes memory words = abi.encode(terms);
        uint256 place = member % 27;
        bool isStray = strayBits(place) & (1 << bit) != 0;
        words[32 * place + 31 - bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        bytes32 id = keccak256(words);

        VM.startPrank(seller);
        (bool published, bytes memory answer) = address(registry).call(
            bytes.concat(registry.publish.selector, words, abi.encode(uint256(28 * 32), POLICY.length), padded(POLICY))
        );
        if (isStray) {
            assertFalse(published, "terms with a stray bit are on sale");
            // The decoder refuses them, no rule of the registry does.
            assertEq(answer, "", "answer");
            (bool hashed, bytes memory hash) = address(registry).call(bytes.concat(registry.hashTerms.selector, words));
            assertTrue(hashed && bytes32(hash) == id, "their id is the hash of the words as they came");
            // Nor do they stand for the offer that they would be without the bit.
            bytes memory purchase = abi.encodePacked(
                escrow.purchase.selector,
                words,
                abi.encode(buyer, bytes32(0), uint256(1))
            );
            (published, answer) = address(escrow).call{value: PRICE}(purchase);
            assertFalse(published, "terms with a stray bit are sold");
            assertEq(answer, abi.encodeWithSelector(IOfferRegistry.OfferNotLive.selector, id), "answer of the ledger");
        }
        VM.stopPrank();
        (, bytes memory record) = address(registry).call(abi.encodeWithSelector(registry.offerOf.selector, id));
        assertTrue(published == (keccak256(record) != keccak256(new bytes(64))), "known exactly if published");
    }

    // ------------------------------------------------------------------ typed data

    function test_Fuzz_StepPermit(
        EntitlementId entitlement,
        OfferTerms calldata terms,
        PermitInput calldata permit,
        uint8 size
    ) external pure {
        Canary memory canary = placed(size);
        bytes32 structHash = stepPermitStructHash(entitlement, terms, permit);
        // It keeps its words, and this pipeline the type's string as well.
        assertGe(nextBlock(), canary.next + 19 * 32, "the next block's place");
        canary.next = nextBlock();
        requireUnharmed(canary);
        assertEq(
            structHash,
            keccak256(bytes.concat(permitHead(entitlement, terms, permit), permitTail(permit))),
            "hash"
        );
    }

    /// @dev By the contract as it is compiled for deployment.
    function test_Fuzz_StepPermitByTheConsumer(
        OfferTerms calldata terms,
        PermitInput calldata permit,
        address owner,
        bytes32 salt
    ) external view {
        EntitlementId id = EntitlementId.wrap(keccak256(abi.encode(keccak256(abi.encode(terms)), owner, salt)));
        bytes32 structHash = keccak256(bytes.concat(permitHead(id, terms, permit), permitTail(permit)));
        assertEq(
            consumer.hashPermit(terms, owner, salt, permit),
            Hashes.digest("Pawl PermitConsumer", address(consumer), structHash),
            "digest"
        );
    }

    function test_Fuzz_StepPermitWithStrayBitsIsRefused(uint8 member, uint8 bit) external {
        PermitInput memory permit = permitOf(entitledOf(defaultTerms(), buyer, 0));
        bytes memory words = abi.encode(permit);
        uint256 place = member % 14;
        VM.assume(strayBitsOfPermit(place) & (1 << bit) != 0);
        words[32 * place + 31 - bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (bool hashed, ) = address(consumer).call(
            bytes.concat(consumer.hashPermit.selector, abi.encode(defaultTerms()), abi.encode(buyer, bytes32(0)), words)
        );
        assertFalse(hashed, "a permit with a stray bit has a hash");
    }

    function test_Fuzz_Delegation(Delegation calldata delegation) external pure {
        bytes memory words = abi.encode(
            delegation.entitlement,
            delegation.delegate,
            delegation.lastStep,
            delegation.validUntil,
            delegation.generation,
            delegation.nonce,
            delegation.deadline
        );
        assertEq(delegationStructHash(delegation), keccak256(bytes.concat(DELEGATION_TYPEHASH, words)), "hash");
    }

    function test_Fuzz_VerifiedClaim(
        bytes32 claimHash,
        bytes32 reportHash,
        bytes32 evidenceHash,
        uint64 deadline
    ) external pure {
        assertEq(
            verifiedClaimStructHash(claimHash, reportHash, evidenceHash, deadline),
            keccak256(abi.encode(VERIFIED_CLAIM_TYPEHASH, claimHash, reportHash, evidenceHash, deadline)),
            "hash"
        );
    }

    function test_Fuzz_Acknowledgement(EntitlementId entitlement, uint32 step, bytes32 claimHash) external pure {
        assertEq(
            acknowledgementStructHash(entitlement, step, claimHash),
            keccak256(abi.encode(ACKNOWLEDGEMENT_TYPEHASH, entitlement, step, claimHash)),
            "hash"
        );
    }

    function test_Fuzz_Observation(RunKey run, bytes32 observationHash) external pure {
        assertEq(
            observationStructHash(run, observationHash),
            keccak256(abi.encode(OBSERVATION_TYPEHASH, run, observationHash)),
            "hash"
        );
    }

    function test_Fuzz_PaymentWitness(
        OfferId offerId,
        uint24 steps,
        address owner,
        bytes32 salt,
        uint64 deadline
    ) external pure {
        assertEq(
            paymentWitness(PURCHASE_TYPEHASH, offerId, steps, owner, salt, deadline),
            Hashes.paymentWitness("Purchase", offerId, steps, owner, salt, deadline),
            "purchase"
        );
        assertEq(
            paymentWitness(TOP_UP_TYPEHASH, offerId, steps, owner, salt, deadline),
            Hashes.paymentWitness("TopUp", offerId, steps, owner, salt, deadline),
            "top-up"
        );
    }

    function test_TypeHashesAreThoseOfTheirTypes() external pure {
        assertEq(STEP_PERMIT_TYPEHASH, keccak256(bytes(STEP_PERMIT)), "StepPermit");
        assertEq(
            VERIFIED_CLAIM_TYPEHASH,
            keccak256("VerifiedClaim(bytes32 claimHash,bytes32 reportHash,bytes32 evidenceHash,uint64 deadline)"),
            "VerifiedClaim"
        );
        assertEq(
            ACKNOWLEDGEMENT_TYPEHASH,
            keccak256("Acknowledgement(bytes32 entitlement,uint32 step,bytes32 claimHash)"),
            "Acknowledgement"
        );
        assertEq(OBSERVATION_TYPEHASH, keccak256("Observation(bytes32 runKey,bytes32 observationHash)"), "Observation");
        assertEq(
            DELEGATION_TYPEHASH,
            keccak256(
                "Delegation(bytes32 entitlement,address delegate,uint32 lastStep,uint64 validUntil,uint16 generation,"
                "bytes32 nonce,uint64 deadline)"
            ),
            "Delegation"
        );
    }

    function test_WitnessTypesEndPermit2sStub() external pure {
        string memory members = "(bytes32 offerId,uint24 steps,address buyer,bytes32 salt,uint64 deadline)";
        string memory permissions = "TokenPermissions(address token,uint256 amount)";
        assertEq(
            PURCHASE_WITNESS_TYPE,
            string.concat("Purchase witness)Purchase", members, permissions),
            "struct types in alphabetical order"
        );
        assertEq(
            TOP_UP_WITNESS_TYPE,
            string.concat("TopUp witness)", permissions, "TopUp", members),
            "struct types in alphabetical order"
        );
        assertEq(PURCHASE_TYPEHASH, keccak256(bytes(string.concat("Purchase", members))), "Purchase");
        assertEq(TOP_UP_TYPEHASH, keccak256(bytes(string.concat("TopUp", members))), "TopUp");
    }

    // ------------------------------------------------------------------ claims

    function test_Fuzz_ClaimBlob(address owner, EntitlementId entitlement, StepClaim calldata says) external view {
        bytes memory blob = claimBlobOf(owner, entitlement, says);
        assertEq(blob, Hashes.claimBlob(owner, entitlement, says), "blob");
        assertEq(claimHashOf(owner, entitlement, says), sha256(blob), "hash");
    }

    function test_TheTagOfAClaimIsItsLabelsHash() external pure {
        assertEq(STEP_CLAIM_TAG, sha256(bytes.concat("pawl/v1/StepClaim", hex"00")), "tag");
    }

    function test_Fuzz_AClaimWithStrayBitsIsRefused(
        EntitlementId entitlement,
        StepClaim memory says,
        uint8 bit
    ) external {
        VM.assume(bit >= 32);
        bytes memory words = abi.encode(says);
        words[31 - bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (bool hashed, ) = address(settlement).call(
            bytes.concat(settlement.hashClaim.selector, EntitlementId.unwrap(entitlement), words)
        );
        assertFalse(hashed, "a claim with a stray bit has a hash");
    }

    // ------------------------------------------------------------------ parts

    function placed(uint256 size) private pure returns (Canary memory canary) {
        canary.song = new bytes(size);
        for (uint256 i; i < size; ++i) canary.song[i] = bytes1(uint8(i * 7 + 1));
        canary.songHash = keccak256(canary.song);
        canary.next = nextBlock();
    }

    function requireUnharmed(Canary memory canary) private pure {
        uint256 zero;
        uint256 next = nextBlock();
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            zero := mload(0x60)
        }
        assertEq(next, canary.next, "the next block's place");
        assertEq(zero, 0, "the slot that is always zero");
        assertEq(keccak256(canary.song), canary.songHash, "what lay before");
        // A new block is empty, whatever was written beyond the last one.
        assertEq(keccak256(new bytes(640)), keccak256(bytes.concat(new bytes(320), new bytes(320))), "a new block");
    }

    function nextBlock() private pure returns (uint256 next) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            next := mload(0x40)
        }
    }

    function permitHead(
        EntitlementId entitlement,
        OfferTerms calldata terms,
        PermitInput calldata permit
    ) private pure returns (bytes memory) {
        return
            abi.encode(
                keccak256(bytes(STEP_PERMIT)),
                entitlement,
                permit.epoch,
                permit.step,
                terms.gateway,
                permit.repositoryId,
                permit.runId,
                permit.runAttempt,
                permit.sourceCommit,
                terms.signerCommit,
                terms.policyHash
            );
    }

    function permitTail(PermitInput calldata permit) private pure returns (bytes memory) {
        return
            abi.encode(
                permit.inputHash,
                permit.workerKey,
                permit.resultKey,
                permit.parentStateCommitment,
                permit.parentNetCommitment,
                permit.observationHash,
                permit.salt,
                permit.deadline
            );
    }

    /// @dev Bits of a member of terms that no value sets.
    function strayBits(uint256 member) private pure returns (uint256) {
        uint16[27] memory widths = [
            160,
            160,
            96,
            24,
            8,
            40,
            40,
            32,
            32,
            32,
            32,
            96,
            96,
            160,
            160,
            160,
            160,
            256,
            20,
            256,
            64,
            64,
            20,
            256,
            8,
            1,
            256
        ];
        return stray(widths[member]);
    }

    function strayBitsOfPermit(uint256 member) private pure returns (uint256) {
        uint16[14] memory widths = [32, 32, 64, 64, 32, 20, 256, 256, 256, 256, 256, 256, 256, 64];
        return stray(widths[member]);
    }

    /// @dev 20 are the bytes of a commit, which begin their word; all others are bits at its end.
    function stray(uint256 width) private pure returns (uint256) {
        if (width == 20) return type(uint96).max;
        return width == 256 ? 0 : type(uint256).max << width;
    }

    function padded(bytes memory policy) private pure returns (bytes memory) {
        return bytes.concat(policy, new bytes(32 - policy.length));
    }
}
