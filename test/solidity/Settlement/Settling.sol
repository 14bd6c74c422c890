// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {EvidenceVerifierDouble} from "../../../contracts/test/EvidenceVerifierDouble.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {ClaimedStep} from "../../../contracts/types/StepClaim.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {VM, Vm} from "../base/Vm.sol";
import {World} from "../base/World.sol";

/// @notice What tests of the settlement have in common.
abstract contract Settling is World {
    /// @dev All native money that a decision about a claim could move, of everybody.
    struct Books {
        uint256 seller;
        uint256 buyer;
        uint256 arbiter;
        uint256 challenger;
        /// Credits of everybody else.
        uint256 others;
        uint256 earnings;
        uint256 stake;
        uint256 bonds;
        /// Price of what is bought and not yet paid.
        uint256 deposit;
        /// What the escrow has.
        uint256 held;
        /// What everybody has in their own accounts, and the other contracts.
        uint256 wallets;
    }

    /// @dev The seven members of {ClaimedStep}.
    uint256 internal constant REFERENCE_MEMBERS = 7;
    uint256 internal constant RUN_KEY_MEMBER = 3;

    // ------------------------------------------------------------------ money

    function booksOf(Entitled memory entitled) internal view returns (Books memory books) {
        books.seller = creditOf(seller);
        books.buyer = creditOf(buyer);
        books.arbiter = creditOf(arbiter);
        books.challenger = creditOf(stranger);
        address[9] memory others = [
            gateway,
            verifier,
            observer,
            delegate,
            address(this),
            address(settlement),
            address(consumer),
            address(escrow),
            address(0)
        ];
        for (uint256 i; i < others.length; ++i) books.others += creditOf(others[i]);
        books.earnings = escrow.earningsOf(entitled.offerId);
        books.stake = escrow.stakeOf(entitled.offerId).amount;
        books.bonds = escrow.bondsHeld();
        IEscrow.Entitlement memory record = escrow.entitlementOf(entitled.id);
        books.deposit = uint256(record.price) * (record.bought - record.settled);
        books.held = address(escrow).balance;
        address[4] memory people = [seller, buyer, arbiter, stranger];
        for (uint256 i; i < people.length; ++i) books.wallets += people[i].balance;
        // The last of them is nobody.
        for (uint256 i; i < 7; ++i) books.wallets += others[i].balance;
    }

    function requireBooks(Entitled memory entitled, Books memory expected) internal view {
        Books memory books = booksOf(entitled);
        assertEq(books.seller, expected.seller, "credit of the seller");
        assertEq(books.buyer, expected.buyer, "credit of the buyer");
        assertEq(books.arbiter, expected.arbiter, "credit of the arbiter");
        assertEq(books.challenger, expected.challenger, "credit of the challenger");
        assertEq(books.others, expected.others, "credit of others");
        assertEq(books.earnings, expected.earnings, "earnings");
        assertEq(books.stake, expected.stake, "stake");
        assertEq(books.bonds, expected.bonds, "bonds");
        assertEq(books.deposit, expected.deposit, "deposit");
        assertEq(books.held, expected.held, "held by the escrow");
        assertEq(books.wallets, expected.wallets, "money in accounts");
    }

    function creditOf(address owner) internal view returns (uint256) {
        return escrow.creditOf(address(0), owner);
    }

    function postStake(Entitled memory entitled, uint256 amount) internal {
        VM.prank(seller);
        escrow.postStake{value: amount}(entitled.terms);
    }

    /// @dev The ledger's next event credits native money.
    function expectCredited(address owner, uint256 amount) internal {
        expectEvent(address(escrow));
        emit IEscrow.Credited(address(0), owner, amount);
    }

    function expectSlashed(Claimed memory claimed, address to, uint256 amount) internal {
        expectEvent(address(escrow));
        emit IEscrow.StakeSlashed(claimed.opened.entitled.offerId, to, amount);
        expectCredited(to, amount);
    }

    /// @dev So many events were emitted since `VM.recordLogs`, by all contracts but this, which emits what it expects.
    function requireEvents(uint256 expected) internal {
        Vm.Log[] memory logs = VM.getRecordedLogs();
        uint256 count;
        for (uint256 i; i < logs.length; ++i) if (logs[i].emitter != address(this)) ++count;
        assertEq(count, expected, "events");
    }

    // ------------------------------------------------------------------ claims

    function requirePending(Claimed memory claimed) internal view {
        assertTrue(escrow.isPending(stepRefOf(claimed)), "the claim is pending");
    }

    function requireVoid(Claimed memory claimed) internal view {
        assertFalse(escrow.isPending(stepRefOf(claimed)), "the claim is pending still");
    }

    function openedAt(Opened memory opened) internal view returns (uint40) {
        return escrow.runOf(opened.runKey).openedAt;
    }

    /// @dev The step of a rejected claim, opened for another run under a permit of this epoch.
    function openAgain(Claimed memory rejected, uint32 epoch) internal returns (Opened memory) {
        PermitInput memory permit = permitOf(rejected.opened.entitled);
        permit.epoch = epoch;
        permit.step = rejected.ref.step;
        permit.parentStateCommitment = rejected.opened.permit.parentStateCommitment;
        permit.parentNetCommitment = rejected.opened.permit.parentNetCommitment;
        return open(rejected.opened.entitled, permit);
    }

    function recordOf(Claimed memory claimed) internal view returns (IEscrow.Entitlement memory) {
        return escrow.entitlementOf(claimed.opened.entitled.id);
    }

    /// @dev The settlement's next event tells of this claim, approved by the verifier and payable from `windowEnd`.
    function expectStepClaimed(Claimed memory claimed, uint40 windowEnd) internal {
        expectEvent(address(settlement));
        emit ISettlement.StepClaimed(
            claimed.opened.entitled.id,
            claimed.ref.step,
            claimed.ref.claimHash,
            claimed.ref.runKey,
            claimed.ref.parentHead,
            claimed.claim,
            verifier,
            REPORT_HASH,
            EVIDENCE_HASH,
            windowEnd,
            "https://evidence.test/1"
        );
    }

    function expectClaimProven(Claimed memory claimed, bool answered, uint40 windowEnd) internal {
        expectEvent(address(settlement));
        emit ISettlement.ClaimProven(
            claimed.opened.entitled.id,
            claimed.ref.step,
            claimed.ref.claimHash,
            answered,
            windowEnd
        );
    }

    /// @dev The claim is rejected by the next call, and the entitlement gets these counters.
    function expectRejected(
        Claimed memory claimed,
        ISettlement.RejectionCause cause,
        uint16 generation,
        uint16 epoch
    ) internal {
        ClaimedStep memory ref = claimed.ref;
        expectEvent(address(settlement));
        emit ISettlement.ClaimRejected(claimed.opened.entitled.id, ref.step, ref.runKey, cause);
        expectEvent(address(escrow));
        emit IEscrow.StepRejected(claimed.opened.entitled.id, ref.step, ref.runKey, generation, epoch);
    }

    /// @dev Makes a call, and says whether it was accepted.
    function succeeds(address target, bytes memory data) internal returns (bool done) {
        (done, ) = target.call(data);
    }

    // ------------------------------------------------------------------ references

    /// @dev The reference with one bit of one member changed.
    function falsified(ClaimedStep memory ref, uint256 member) internal pure returns (ClaimedStep memory) {
        bytes memory words = abi.encode(ref);
        words[32 * member + 31] = words[32 * member + 31] ^ 0x01;
        return abi.decode(words, (ClaimedStep));
    }

    /// @dev The ledger knows no pending claim by this reference.
    function notPending(Claimed memory claimed) internal pure returns (bytes memory) {
        return notPending(claimed.opened.entitled.terms, claimed.ref);
    }

    function notPending(OfferTerms memory terms, ClaimedStep memory ref) internal pure returns (bytes memory) {
        return
            abi.encodeWithSelector(
                IEscrow.ClaimNotPending.selector,
                entitledOf(terms, ref.buyer, ref.salt).id,
                ref.step,
                ref.runKey
            );
    }

    function notOpen(Opened memory opened) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.StepNotOpen.selector, opened.runKey);
    }

    function unknownChallenge(
        Claimed memory claimed,
        ISettlement.ChallengeKind kind
    ) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ISettlement.ChallengeUnknown.selector, claimed.ref.runKey, kind);
    }

    function requireChallenge(
        Claimed memory claimed,
        ISettlement.ChallengeKind kind,
        ISettlement.Challenge memory expected
    ) internal view {
        assertEq(abi.encode(settlement.challengeOf(claimed.ref.runKey, kind)), abi.encode(expected), "challenge");
    }

    function requireNoChallenge(Claimed memory claimed, ISettlement.ChallengeKind kind) internal view {
        ISettlement.Challenge memory none;
        requireChallenge(claimed, kind, none);
    }

    // ------------------------------------------------------------------ proofs

    /// @dev The evidence double's answer to a proof of other facts.
    function otherEvidence() internal pure returns (bytes4) {
        return EvidenceVerifierDouble.NotThisEvidence.selector;
    }

    /// @dev Native money of an offer nobody can rule on, four steps.
    function buyWithoutArbiter() internal returns (Entitled memory) {
        OfferTerms memory terms = termsWithoutArbiter();
        publish(terms);
        return buy(terms, 4);
    }

    /// @dev Four steps of an offer with claims that nobody can prove.
    function buyUnprovable() internal returns (Entitled memory) {
        OfferTerms memory terms = defaultTerms();
        terms.provable = false;
        publish(terms);
        return buy(terms, 4);
    }
}
