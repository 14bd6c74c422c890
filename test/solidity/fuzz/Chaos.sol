// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {EntitlementId, OfferId, RunKey} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {VM, Vm} from "../base/Vm.sol";
import {World} from "../base/World.sol";

/// @notice Trades at every stage, and calls that are right or wrong in some place. A call that is right goes through.
/// Whatever goes through leaves the books balanced and takes nothing from anybody but its caller; whatever does not
/// changes nothing. Numbers are those of the invariants in docs/contracts.md.
abstract contract Chaos is World {
    struct Call {
        address target;
        bytes data;
        address caller;
        uint256 value;
    }

    /// @dev All that can be seen of the trades, and the money of everybody in native (0) and play money (1).
    struct Picture {
        IEscrow.Entitlement[] entitlements;
        bytes32[] heads;
        bytes32[] digests;
        IEscrow.Run[] runs;
        ISettlement.Challenge[] challenges;
        IOfferRegistry.OfferStatus[] offers;
        uint256[2][] credits;
        uint256[2][] wallets;
        uint256[2] earnings;
        uint256[2] held;
        uint256 stake;
        uint256 bonds;
    }

    uint256 internal constant STAKE = 1 ether;
    bytes32 private constant PURCHASED = IEscrow.Purchased.selector;
    bytes32 private constant CREDITED = IEscrow.Credited.selector;

    address internal outsider = person("outsider");

    // Trades of two offers, one in native money and one in play money, each at its own stage.
    Entitled internal bought;
    Entitled internal inTokens;
    Opened internal opened;
    Claimed internal pending;
    Claimed internal evidenceChallenged;
    Claimed internal conductChallenged;
    Claimed internal voided;

    OfferTerms[2] private _offers;
    Entitled[] private _entitled;
    RunKey[] private _runs;
    address[] private _people;

    function setUp() public override {
        super.setUp();
        _people = [seller, buyer, gateway, verifier, observer, arbiter, delegate, stranger, outsider];
        _offers[0] = publish();
        OfferTerms memory terms = defaultTerms();
        terms.token = address(token);
        publish(terms);
        _offers[1] = terms;
        VM.prank(seller);
        escrow.postStake{value: STAKE}(_offers[0]);

        bought = _buy(0);
        inTokens = _buy(1);
        // Both have something to withdraw: a refunded step, a paid one.
        _refundOne(_buy(0));
        _refundOne(inTokens);
        _note(paid(_buy(0)));
        _note(paid(inTokens));
        opened = open(_buy(0));
        _runs.push(opened.runKey);
        pending = _note(claim(_buy(0)));
        evidenceChallenged = _note(claim(_buy(0)));
        challengeEvidence(evidenceChallenged);
        conductChallenged = _note(claim(_buy(0)));
        challengeConduct(conductChallenged);
        Claimed memory rejected = _note(claim(_buy(0)));
        voided = _note(claimAfter(rejected));
        challengeEvidence(voided);
        challengeConduct(voided);
        reject(rejected);
        // For payments by signature.
        token.mint(buyer, 100 * PRICE);
        VM.prank(buyer);
        token.approve(address(permit2), 100 * PRICE);
    }

    // ------------------------------------------------------------------ the call

    /// @dev Makes the call as it is, which must go through, or wrong in one place.
    function attempt(Call memory call, uint256 seed) internal {
        attempt(call, seed, address(0));
    }

    /// @param payer Whose signature pays, where it is not the caller who does.
    function attempt(Call memory call, uint256 seed, address payer) internal {
        bool isRight = seed % 4 == 0;
        if (!isRight) _spoil(call, seed / 4);
        Picture memory before = _picture();
        uint256 wealth = _wealthOf(call.caller);
        _requireBalance(before, new Vm.Log[](0));
        VM.recordLogs();
        VM.prank(call.caller);
        (bool done, bytes memory answer) = call.target.call{value: call.value}(call.data);
        Vm.Log[] memory logs = VM.getRecordedLogs();
        Picture memory afterwards = _picture();
        if (!done) {
            assertFalse(isRight, string.concat("a right call was refused: ", string(answer)));
            _requireSame(before, afterwards);
            return;
        }
        _requireBalance(afterwards, logs);
        _requireNobodyRobbed(before, afterwards, call.caller, payer);
        _requireOrder(before, afterwards);
        _requireChallenges(before, afterwards);
        // Who has no part in a trade gains nothing by any call.
        if (call.caller == outsider) assertLe(_wealthOf(outsider), wealth, "10: an outsider gained");
    }

    /// @dev One thing is wrong: a word, a bit, the caller, the value or the time; sometimes two.
    function _spoil(Call memory call, uint256 seed) private {
        uint256 kind = seed % 7;
        uint256 chance = uint256(keccak256(abi.encode(seed)));
        if (kind == 0) _setWord(call.data, chance, chance);
        else if (kind == 1) _setWord(call.data, chance, 0);
        else if (kind == 2) _setWord(call.data, chance, type(uint256).max);
        else if (kind == 3) _flipBit(call.data, chance);
        else if (kind == 4) call.caller = _people[chance % _people.length];
        else if (kind == 5) call.value = _otherValue(call.value, chance);
        else pass(1 + (chance % 400));
        if (chance % 3 == 0) call.caller = outsider;
    }

    function _setWord(bytes memory data, uint256 chance, uint256 word) private pure {
        uint256 words = (data.length - 4) / 32;
        if (words == 0) return;
        uint256 place = 36 + 32 * ((chance >> 128) % words);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(add(data, place), word)
        }
    }

    function _flipBit(bytes memory data, uint256 chance) private pure {
        uint256 place = 4 + ((chance >> 128) % (data.length - 4));
        data[place] = data[place] ^ bytes1(uint8(1 << (chance % 8)));
    }

    function _otherValue(uint256 value, uint256 chance) private pure returns (uint256) {
        uint256 choice = (chance >> 64) % 4;
        if (choice == 0) return value == 0 ? 1 : 0;
        if (choice == 1) return value + 1;
        if (choice == 2) return value == 0 ? 2 : value - 1;
        return chance % 10 ether;
    }

    // ------------------------------------------------------------------ what must hold

    /// @dev Invariant 1, exactly: nobody sent anything unasked.
    function _requireBalance(Picture memory picture, Vm.Log[] memory logs) private view {
        uint256[2] memory owed = [picture.earnings[0], picture.earnings[1]];
        owed[0] += picture.stake + picture.bonds;
        for (uint256 i; i < picture.credits.length; ++i) {
            owed[0] += picture.credits[i][0];
            owed[1] += picture.credits[i][1];
        }
        for (uint256 i; i < picture.entitlements.length; ++i) {
            owed[_isInTokens(_entitled[i].offerId) ? 1 : 0] += _depositOf(picture.entitlements[i]);
        }
        for (uint256 i; i < logs.length; ++i) _addUnknown(owed, logs, i);
        assertEq(picture.held[0], owed[0], "1: native money held is owed");
        assertEq(picture.held[1], owed[1], "1: tokens held are owed");
    }

    /// @dev What the call owes to entitlements and people that were not there before it.
    function _addUnknown(uint256[2] memory owed, Vm.Log[] memory logs, uint256 place) private view {
        bytes32[] memory topics = logs[place].topics;
        if (logs[place].emitter != address(escrow)) return;
        if (topics[0] == PURCHASED) {
            IEscrow.Entitlement memory record = escrow.entitlementOf(EntitlementId.wrap(topics[1]));
            owed[_isInTokens(OfferId.wrap(topics[2])) ? 1 : 0] += _depositOf(record);
        }
        if (topics[0] != CREDITED) return;
        address owner = address(uint160(uint256(topics[2])));
        for (uint256 i; i < _people.length; ++i) if (_people[i] == owner) return;
        // Once, though he may be credited several times.
        for (uint256 i; i < place; ++i) if (logs[i].topics[0] == CREDITED && logs[i].topics[2] == topics[2]) return;
        owed[0] += escrow.creditOf(address(0), owner);
        owed[1] += escrow.creditOf(address(token), owner);
    }

    /// @dev A refused call changes nothing. What differs is named, not printed: it would be pages.
    function _requireSame(Picture memory before, Picture memory afterwards) private pure {
        _requireSame(abi.encode(before.entitlements), abi.encode(afterwards.entitlements), "entitlements");
        _requireSame(abi.encode(before.heads), abi.encode(afterwards.heads), "heads");
        _requireSame(abi.encode(before.digests), abi.encode(afterwards.digests), "claims");
        _requireSame(abi.encode(before.runs), abi.encode(afterwards.runs), "runs");
        _requireSame(abi.encode(before.challenges), abi.encode(afterwards.challenges), "challenges");
        _requireSame(abi.encode(before.offers), abi.encode(afterwards.offers), "offers");
        _requireSame(abi.encode(before.credits), abi.encode(afterwards.credits), "credits");
        _requireSame(abi.encode(before.wallets), abi.encode(afterwards.wallets), "wallets");
        _requireSame(abi.encode(before.earnings), abi.encode(afterwards.earnings), "earnings");
        _requireSame(abi.encode(before.held), abi.encode(afterwards.held), "money held");
        assertEq(afterwards.stake, before.stake, "stake");
        assertEq(afterwards.bonds, before.bonds, "bonds");
    }

    function _requireSame(bytes memory before, bytes memory afterwards, string memory what) private pure {
        assertEq(keccak256(afterwards), keccak256(before), string.concat("a refused call changed ", what));
    }

    /// @dev Nobody's pocket and credit together grow smaller by what somebody else calls (9, 10).
    function _requireNobodyRobbed(
        Picture memory before,
        Picture memory afterwards,
        address caller,
        address payer
    ) private view {
        for (uint256 i; i < _people.length; ++i) {
            if (_people[i] == caller || _people[i] == payer) continue;
            for (uint256 currency; currency < 2; ++currency) {
                assertGe(
                    afterwards.credits[i][currency] + afterwards.wallets[i][currency],
                    before.credits[i][currency] + before.wallets[i][currency],
                    "9: somebody lost money by a call that was not his"
                );
            }
        }
        if (caller != seller) {
            for (uint256 i; i < 2; ++i) assertGe(afterwards.earnings[i], before.earnings[i], "9: earnings");
        }
    }

    /// @dev Steps, runs and offers go their way and never back (2, 3, 4, 6).
    function _requireOrder(Picture memory before, Picture memory afterwards) private pure {
        for (uint256 i; i < before.entitlements.length; ++i) {
            IEscrow.Entitlement memory was = before.entitlements[i];
            IEscrow.Entitlement memory is_ = afterwards.entitlements[i];
            assertGe(is_.settled, was.settled, "2: a paid step came back");
            assertGe(is_.opened, is_.settled, "3: settled <= opened");
            assertGe(is_.bought, is_.opened, "3: opened <= bought");
            assertLe(is_.opened - is_.settled, is_.maxPending, "3: at most maxPending are pending");
            assertGe(is_.epoch, was.epoch, "5: epoch");
            assertGe(is_.generation, was.generation, "5: generation");
            assertEq(is_.price, was.price, "6: price");
            assertEq(is_.maxPending, was.maxPending, "6: most pending");
            assertEq(is_.expiresAt, was.expiresAt, "6: expiry");
        }
        for (uint256 i; i < before.runs.length; ++i) {
            assertEq(afterwards.runs[i].step, before.runs[i].step, "4: step of a run");
            assertEq(afterwards.runs[i].openedAt, before.runs[i].openedAt, "4: opening of a run");
            assertEq(afterwards.runs[i].claimDeadline, before.runs[i].claimDeadline, "4: deadline of a run");
            assertTrue(afterwards.runs[i].proven || !before.runs[i].proven, "10: a proof was forgotten");
        }
        for (uint256 i; i < before.offers.length; ++i) {
            assertGe(uint8(afterwards.offers[i]), uint8(before.offers[i]), "6: an offer came back");
        }
    }

    /// @dev Bonds are held for challenges and nothing else, and none that still counts is given up undecided (1, 9).
    function _requireChallenges(Picture memory before, Picture memory afterwards) private pure {
        uint256 bonds;
        for (uint256 i; i < afterwards.challenges.length; ++i) {
            ISettlement.Challenge memory was = before.challenges[i];
            bonds += afterwards.challenges[i].bond;
            bool isForgotten = was.poster != address(0) && afterwards.challenges[i].poster == address(0);
            if (!isForgotten || !_isAmong(was.claimDigest, afterwards.digests)) continue;
            IEscrow.Run memory run = afterwards.runs[i / 2];
            bool isDecided =
                i % 2 == 0
                    ? run.evidence == IEscrow.EvidenceStatus.Answered
                    : run.conduct > IEscrow.ConductStatus.Challenged;
            assertTrue(isDecided, "9: a challenge that counts was forgotten");
        }
        assertEq(afterwards.bonds, bonds, "1: bonds are those of open challenges");
    }

    function _isAmong(bytes32 digest, bytes32[] memory digests) private pure returns (bool) {
        for (uint256 i; i < digests.length; ++i) if (digests[i] == digest) return true;
        return false;
    }

    // ------------------------------------------------------------------ what there is

    function _picture() private view returns (Picture memory picture) {
        uint256 count = _entitled.length;
        picture.entitlements = new IEscrow.Entitlement[](count);
        picture.heads = new bytes32[](count);
        picture.digests = new bytes32[](4 * count);
        for (uint256 i; i < count; ++i) {
            EntitlementId id = _entitled[i].id;
            picture.entitlements[i] = escrow.entitlementOf(id);
            picture.heads[i] = escrow.headOf(id);
            for (uint32 slot; slot < 4; ++slot) picture.digests[4 * i + slot] = escrow.pendingDigestOf(id, slot);
        }
        _seeRuns(picture);
        _seeMoney(picture);
        picture.offers = new IOfferRegistry.OfferStatus[](2);
        for (uint256 i; i < 2; ++i) {
            (, picture.offers[i]) = registry.offerOf(_offerId(i));
            picture.earnings[i] = escrow.earningsOf(_offerId(i));
        }
        picture.stake = escrow.stakeOf(_offerId(0)).amount + escrow.stakeOf(_offerId(1)).amount;
        picture.bonds = escrow.bondsHeld();
    }

    function _seeRuns(Picture memory picture) private view {
        uint256 count = _runs.length;
        picture.runs = new IEscrow.Run[](count);
        picture.challenges = new ISettlement.Challenge[](2 * count);
        for (uint256 i; i < count; ++i) {
            picture.runs[i] = escrow.runOf(_runs[i]);
            picture.challenges[2 * i] = settlement.challengeOf(_runs[i], ISettlement.ChallengeKind.Evidence);
            picture.challenges[2 * i + 1] = settlement.challengeOf(_runs[i], ISettlement.ChallengeKind.Conduct);
        }
    }

    function _seeMoney(Picture memory picture) private view {
        uint256 count = _people.length;
        picture.credits = new uint256[2][](count);
        picture.wallets = new uint256[2][](count);
        for (uint256 i; i < count; ++i) {
            picture.credits[i][0] = escrow.creditOf(address(0), _people[i]);
            picture.credits[i][1] = escrow.creditOf(address(token), _people[i]);
            picture.wallets[i][0] = _people[i].balance;
            picture.wallets[i][1] = token.balanceOf(_people[i]);
        }
        picture.held[0] = address(escrow).balance;
        picture.held[1] = token.balanceOf(address(escrow));
    }

    function _wealthOf(address account) private view returns (uint256) {
        return
            account.balance +
            escrow.creditOf(address(0), account) +
            token.balanceOf(account) +
            escrow.creditOf(address(token), account);
    }

    function _depositOf(IEscrow.Entitlement memory record) private pure returns (uint256) {
        return uint256(record.price) * (record.bought - record.settled);
    }

    function _offerId(uint256 index) private view returns (OfferId) {
        return index == 0 ? bought.offerId : inTokens.offerId;
    }

    function _isInTokens(OfferId offerId) private view returns (bool) {
        return OfferId.unwrap(offerId) == OfferId.unwrap(inTokens.offerId);
    }

    // ------------------------------------------------------------------ set-up

    function _buy(uint256 offer) private returns (Entitled memory entitled) {
        entitled = buy(_offers[offer], 4);
        _entitled.push(entitled);
    }

    function _refundOne(Entitled memory entitled) private {
        VM.prank(buyer);
        escrow.refund(entitled.terms, buyer, entitled.salt, 1);
    }

    function _note(Claimed memory claimed) private returns (Claimed memory) {
        _runs.push(claimed.ref.runKey);
        return claimed;
    }
}
