// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {HostileToken} from "../../../contracts/test/HostileToken.sol";
import {EntitlementId, OfferId, RunKey} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {World} from "../base/World.sol";
import {VM} from "../base/Vm.sol";

/// @notice Eight entitlements of four offers, and everything that people could do to them in any order: the buyers,
/// sellers, gateway, verifier and arbiter of a trade, each of whom may fall silent, and a thief who tries what is
/// forbidden.
/// @dev A move that the contracts refuse reverts as a whole and changes nothing here either. What must never happen,
/// or must always work, is noted in `broken` with the number of the invariant, since a revert would hide it.
abstract contract Trade is World {
    /// @dev What this trade knows of an entitlement without asking the contracts.
    struct Track {
        Entitled entitled;
        /// Accepted claims that were not voided, in step order; the first `paid` of them are paid.
        Claimed[] claims;
        Opened open;
        bool isOpen;
        uint256 purchased;
        uint256 refunded;
        uint256 paid;
        uint256 epoch;
        uint256 generation;
        uint256 delegatedGeneration;
        bool delegated;
    }

    uint256 public constant OFFERS = 4;
    uint256 public constant TRACKS = 8;
    uint40 private constant SHORT_TTL = 3000;
    uint32 private constant DELEGATE_LAST_STEP = 6;

    HostileToken public hostile;
    address internal secondBuyer = person("second buyer");
    address internal thief = person("thief");

    OfferTerms[] private _offers;
    bool[] private _retired;
    Track[] private _tracks;
    Claimed[] private _voided;
    IPermitConsumer.Consumption[] private _consumed;
    uint256[] private _consumedBy;
    mapping(bytes32 permitHash => bool) private _usedPermits;
    mapping(RunKey runKey => bool) private _usedRuns;
    mapping(address role => bool) private _silent;
    address[] private _people;
    mapping(address token => uint256) private _donated;
    uint256 private _clock;
    uint256 private _focus;

    /// @dev The move has nothing to be about.
    error NothingPending();

    /// @notice Why an invariant does not hold, or nothing.
    string public broken;
    /// @notice How often each kind of thing came to pass.
    mapping(string what => uint256) public count;

    modifier now_() {
        VM.warp(_clock);
        _;
    }

    function setUp() public override {
        super.setUp();
        VM.deal(address(this), 1 ether);
        hostile = HostileToken(create("HostileToken", ""));
        _clock = nowIs();
        _people = [seller, buyer, secondBuyer, gateway, verifier, observer, arbiter, delegate, stranger, thief];
        begin();
    }

    /// @dev Fresh offers with fresh entitlements; what was before is forgotten, and a stake left behind is a gift.
    function begin() internal {
        for (uint256 index; index < _offers.length; ++index) {
            _donated[address(0)] += escrow.stakeOf(registry.hashTerms(_offers[index])).amount;
        }
        delete _offers;
        delete _retired;
        delete _tracks;
        delete _voided;
        delete _consumed;
        delete _consumedBy;
        _offers.push(_shaped(0, address(0), 3));
        _offers.push(_shaped(1, address(token), 1));
        _offers.push(_shaped(2, address(0), 8));
        _offers.push(_shaped(3, address(hostile), 4));
        for (uint256 index; index < OFFERS; ++index) {
            publish(_offers[index]);
            _retired.push(false);
            _enter(index, buyer);
            _enter(index, secondBuyer);
        }
    }

    // ------------------------------------------------------------------ the course of a trade

    /// @notice Does whatever brings a step nearer to payment.
    function advance(uint256 seed) external now_ {
        Track storage track = _track(seed);
        if (track.paid < track.claims.length && (seed / 7) % 4 == 0) {
            Claimed memory next = track.claims[track.paid];
            if (_clock < next.ref.windowEnd && _flip(seed, 41)) _clock = next.ref.windowEnd;
            VM.warp(_clock);
            return _finalize(track, next);
        }
        if (track.isOpen) return _claim(track);
        _consume(track, seed);
    }

    /// @notice Opens and claims as many steps as may be pending.
    function pile(uint256 seed) external now_ {
        Track storage track = _track(seed);
        IEscrow.Entitlement memory entitlement = escrow.entitlementOf(track.entitled.id);
        uint256 pending = entitlement.opened - entitlement.settled;
        uint256 unopened = entitlement.bought - entitlement.opened;
        for (; pending < entitlement.maxPending && unopened > 0 && !track.isOpen; ++pending) {
            _consume(track, 31);
            _claim(track);
            --unopened;
        }
    }

    function consume(uint256 seed) external now_ {
        _consume(_track(seed), seed);
    }

    function claim(uint256 seed) external now_ {
        _claim(_track(seed));
    }

    function claimWithProof(uint256 seed) external now_ {
        Track storage track = _track(seed);
        Opened memory opened = track.open;
        if (!track.isOpen) return;
        Claimed memory claimed = claimOf(opened);
        claimed.ref.windowEnd = uint40(_clock + (_hasArbiter(opened.entitled.terms) ? DISPUTE_WINDOW : 0));
        settlement.claimWithProof(opened.entitled.terms, provenClaim(claimed));
        _accept(track, claimed);
        ++count["proven claim"];
    }

    function finalize(uint256 seed) external now_ {
        Track storage track = _track(seed);
        if (track.claims.length == 0) return;
        _finalize(track, track.claims[(seed / 7) % track.claims.length]);
    }

    function timeout(uint256 seed) external now_ {
        Track storage track = _track(seed);
        if (!track.isOpen) return;
        timeout(track.open);
        track.isOpen = false;
        ++count["timed out"];
    }

    function acknowledge(uint256 seed) external now_ {
        Track storage track = _track(seed);
        Claimed storage claimed = _pending(track, seed);
        acknowledge(claimed);
        if (_clock < claimed.ref.windowEnd) claimed.ref.windowEnd = uint40(_clock);
        ++count["acknowledged"];
    }

    function pass(uint256 seed, uint16 time) external {
        // Often to the very end of something, or one second beside it.
        Track storage track = _track(seed);
        uint256 end = _clock + (time % (_flip(seed, 52) ? 20 : 200));
        if (track.isOpen && (seed / 7) % 6 == 0) end = escrow.runOf(track.open.runKey).claimDeadline;
        else if (track.claims.length > track.paid && _flip(seed, 51)) end = track.claims[track.paid].ref.windowEnd;
        end = end + ((seed / 11) % 3) - 1;
        if (end > _clock) _clock = end;
    }

    // ------------------------------------------------------------------ buyers

    function topUp(uint256 seed) external now_ {
        Track storage track = _track(seed);
        OfferTerms memory terms = track.entitled.terms;
        uint24 steps = uint24(1 + ((seed / 13) % 3));
        uint256 amount = uint256(terms.price) * steps;
        _allow(terms.token, stranger, amount);
        VM.prank(stranger);
        escrow.topUp{value: terms.token == address(0) ? amount : 0}(
            terms,
            track.entitled.buyer,
            track.entitled.salt,
            steps
        );
        if (_retired[_focus / 2]) broken = "8: a retired offer was topped up";
        track.purchased += steps;
        ++count["topped up"];
    }

    function refund(uint256 seed) external now_ {
        Track storage track = _track(seed);
        IEscrow.Entitlement memory entitlement = escrow.entitlementOf(track.entitled.id);
        uint24 unopened = entitlement.bought - entitlement.opened;
        uint24 steps = uint24(1 + ((seed / 13) % 3));
        if (steps > unopened) steps = _flip(seed, 60) ? type(uint24).max : unopened;
        address caller = _flip(seed, 61) ? track.entitled.buyer : stranger;
        VM.prank(caller);
        try escrow.refund(track.entitled.terms, track.entitled.buyer, track.entitled.salt, steps) {
            if (caller != track.entitled.buyer && _clock < entitlement.expiresAt) broken = "5: a stranger refunded";
            if (unopened == 0) broken = "2: an opened step was refunded";
            track.refunded += steps == type(uint24).max ? unopened : steps;
            ++count["refunded"];
        } catch {
            if (unopened > 0 && caller == track.entitled.buyer) broken = "9: a buyer's refund was refused";
            if (unopened > 0 && _clock >= entitlement.expiresAt) broken = "7: a refund after expiry was refused";
        }
    }

    function cancelPermits(uint256 seed) external now_ {
        Track storage track = _track(seed);
        VM.prank(track.entitled.buyer);
        escrow.cancelPermits(track.entitled.offerId, track.entitled.salt);
        ++track.epoch;
    }

    function setDelegate(uint256 seed) external now_ {
        Track storage track = _track(seed);
        VM.prank(track.entitled.buyer);
        if (_flip(seed, 70)) {
            consumer.revokeDelegate(track.entitled.offerId, track.entitled.salt, delegate, bytes32(seed));
            track.delegated = false;
        } else {
            consumer.delegate(
                track.entitled.offerId,
                track.entitled.salt,
                delegate,
                DELEGATE_LAST_STEP,
                uint40(_clock + 500)
            );
            track.delegated = true;
            track.delegatedGeneration = track.generation;
        }
    }

    // ------------------------------------------------------------------ challenges

    function challengeEvidence(uint256 seed) external now_ {
        Claimed memory claimed = _pending(_track(seed), seed);
        VM.prank(stranger);
        settlement.challengeEvidence{value: MIN_BOND + (seed % 7)}(claimed.opened.entitled.terms, claimed.ref);
        ++count["evidence challenged"];
        _waitForOutcome(seed, PROOF_WINDOW);
    }

    function challengeConduct(uint256 seed) external now_ {
        challengeConduct(_pending(_track(seed), seed));
        ++count["conduct challenged"];
        _waitForOutcome(seed, ARBITRATION_WINDOW);
    }

    /// @dev Now and then nobody does anything until the challenge is over.
    function _waitForOutcome(uint256 seed, uint256 window) private {
        if ((seed / 47) % 3 == 0) _clock += window;
    }

    function prove(uint256 seed) external now_ {
        Claimed storage claimed = _pending(_track(seed), seed);
        prove(claimed);
        bool ends = !_hasArbiter(claimed.opened.entitled.terms) && _clock < claimed.ref.windowEnd;
        if (ends) claimed.ref.windowEnd = uint40(_clock);
        ++count["proven"];
    }

    function rule(uint256 seed) external now_ {
        if (_silent[arbiter]) return;
        Track storage track = _track(seed);
        uint256 index = _pendingIndex(track, seed);
        Claimed memory claimed = track.claims[index];
        ISettlement.Ruling ruling = ISettlement.Ruling((seed / 17) % 3);
        if (_flip(seed, 80) && _clock < claimed.ref.windowEnd) challengeConduct(claimed);
        // A later step's challenge, whose bond comes back if the ruling voids it.
        Claimed memory last = track.claims[track.claims.length - 1];
        if (last.ref.step != claimed.ref.step && _clock < last.ref.windowEnd) {
            if (last.opened.entitled.terms.provable) challengeEvidence(last);
            else challengeConduct(last);
        }
        rule(claimed, ruling, ruling == ISettlement.Ruling.Split ? uint96(1 + (seed % 1100)) : 0);
        if (ruling == ISettlement.Ruling.Rejected) _void(track, index);
        ++count[ruling == ISettlement.Ruling.Split ? "split" : "ruled"];
    }

    function rejectUnproven(uint256 seed) external now_ {
        Track storage track = _track(seed);
        uint256 index = _pendingIndex(track, seed);
        rejectUnproven(track.claims[index]);
        _void(track, index);
        ++count["rejected unproven"];
    }

    function rejectUnruled(uint256 seed) external now_ {
        Track storage track = _track(seed);
        uint256 index = _pendingIndex(track, seed);
        rejectUnruled(track.claims[index]);
        _void(track, index);
        ++count["rejected unruled"];
    }

    function reclaimBond(uint256 seed) external now_ {
        ISettlement.ChallengeKind kind = ISettlement.ChallengeKind(seed % 2);
        for (uint256 index = _voided.length; index > 0; --index) {
            RunKey runKey = _voided[index - 1].ref.runKey;
            if (settlement.challengeOf(runKey, kind).poster == address(0)) continue;
            settlement.reclaimBond(runKey, kind);
            ++count["bond reclaimed"];
            return;
        }
    }

    // ------------------------------------------------------------------ sellers, money, silence

    function stake(uint256 seed) external now_ {
        OfferTerms memory terms = _offers[_offerOf(seed)];
        VM.prank(seller);
        if ((seed / 3) % 3 == 0) escrow.noticeStake(terms);
        else if ((seed / 3) % 3 == 1) escrow.withdrawStake(terms);
        else escrow.postStake{value: MIN_BOND}(terms);
        ++count["stake moved"];
    }

    function retire(uint256 seed) external now_ {
        // Rarely, or no offer would live long.
        if ((seed / 3) % 8 != 0) return;
        uint256 index = _offerOf(seed);
        bytes32 before = _fingerprint(index);
        VM.prank(seller);
        registry.retire(OfferId.wrap(keccak256(abi.encode(_offers[index]))));
        _retired[index] = true;
        if (_fingerprint(index) != before) broken = "8: retiring an offer changed an entitlement";
    }

    function withdraw(uint256 seed) external now_ {
        address owner = _people[(seed / 3) % _people.length];
        address currency = _currency(seed);
        VM.prank(owner);
        if (owner == seller && _flip(seed, 90)) escrow.withdrawEarnings(_offers[_offerOf(seed)], thief);
        else escrow.withdraw(currency, owner);
        ++count["withdrawn"];
    }

    function donate(uint256 seed) external now_ {
        address currency = _currency(seed);
        ++_donated[currency];
        if (currency == address(0)) _force(address(escrow), 1);
        else if (currency == address(token)) token.mint(address(escrow), 1);
        else hostile.mint(address(escrow), 1);
    }

    /// @dev Native money that the receiver cannot refuse: from a contract that ends as soon as it is made.
    function _force(address to, uint256 amount) private {
        bytes memory code = abi.encodePacked(hex"73", to, hex"ff");
        address gift;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            gift := create(amount, add(code, 32), mload(code))
        }
        assertTrue(gift != address(0), "a gift was sent");
    }

    function upset(uint256 seed) external now_ {
        // Mostly honest, or nothing would be bought with it.
        uint256 mood = seed % 9;
        hostile.setMood(HostileToken.Mood(mood > 4 ? 0 : mood));
    }

    function silence(uint256 seed) external now_ {
        address[3] memory roles = [gateway, verifier, arbiter];
        address role = roles[seed % 3];
        _silent[role] = !_silent[role] && (seed / 3) % 3 == 0;
    }

    // ------------------------------------------------------------------ the thief

    /// @notice Tries one of the things that nobody may do.
    function steal(uint256 seed) external now_ {
        Track storage track = _track(seed);
        (address target, bytes memory data, string memory what) = _theft(track, seed);
        VM.prank(_flip(seed, 30) ? thief : stranger);
        (bool done, ) = target.call(data);
        if (done) broken = what;
        ++count["thefts tried"];
    }

    /// @notice Consumes by the gateway what is not valid: replays, cancelled permits, other people's signatures, other
    /// parents, runs that were consumed before.
    function misuse(uint256 seed) external now_ {
        Track storage track = _track(seed);
        uint256 kind = (seed / 19) % 6;
        IPermitConsumer.Consumption memory consumption = _nextConsumption(track, track.entitled.buyer);
        string memory what;
        if (kind == 0) {
            if (_consumed.length == 0) return;
            uint256 index = (seed / 23) % _consumed.length;
            consumption = _consumed[index];
            track = _tracks[_consumedBy[index]];
            what = "4: a permit was consumed twice";
        } else if (kind == 1) {
            if (track.epoch == 0) return;
            consumption.permit.epoch = uint32(seed % track.epoch);
            consumption.signature = signature(
                track.entitled.buyer,
                openedOf(track.entitled, consumption.permit).permitHash
            );
            what = "5: a cancelled permit was consumed";
        } else if (kind == 2) {
            bytes32 permitHash = openedOf(track.entitled, consumption.permit).permitHash;
            consumption.signature = signature(thief, permitHash);
            if (_flip(seed, 31)) consumption.signer = thief;
            what = "5: somebody else's signature was consumed";
        } else if (kind == 3) {
            consumption.permit.parentStateCommitment = fresh("another parent");
            consumption.signature = signature(
                track.entitled.buyer,
                openedOf(track.entitled, consumption.permit).permitHash
            );
            what = "3: a step continues from another parent";
        } else if (kind == 4) {
            if (_consumed.length == 0) return;
            PermitInput memory before = _consumed[(seed / 23) % _consumed.length].permit;
            consumption.permit.runId = before.runId;
            consumption.permit.runAttempt = before.runAttempt;
            consumption.signature = signature(
                track.entitled.buyer,
                openedOf(track.entitled, consumption.permit).permitHash
            );
            what = "4: a run was consumed twice";
        } else {
            consumption.permit.deadline = uint64(_clock - 1);
            consumption.signature = signature(
                track.entitled.buyer,
                openedOf(track.entitled, consumption.permit).permitHash
            );
            what = "5: an expired permit was consumed";
        }
        VM.prank(gateway);
        try consumer.consume(track.entitled.terms, consumption) {
            broken = what;
        } catch {}
    }

    /// @notice Proves with evidence of another claim.
    function copyProof(uint256 seed) external now_ {
        Track storage track = _track(seed);
        Track storage other = _tracks[(seed / 29) % TRACKS];
        if (!track.isOpen || _focus == (seed / 29) % TRACKS || !track.entitled.terms.provable) return;
        if (!other.isOpen && other.claims.length == 0) return;
        Claimed memory mine = claimOf(track.open);
        Claimed memory theirs = other.isOpen ? claimOf(other.open) : other.claims[other.claims.length - 1];
        ISettlement.ProvenClaim memory stolen = provenClaim(mine);
        stolen.proof = provenClaim(theirs).proof;
        if (_flip(seed, 32)) stolen.claim = theirs.claim;
        if (_flip(seed, 33)) stolen.permit = theirs.opened.permit;
        VM.prank(thief);
        try settlement.claimWithProof(track.entitled.terms, stolen) {
            broken = "10: somebody else's proof was taken";
        } catch {}
        ++count["proofs copied"];
    }

    // ------------------------------------------------------------------ what must hold

    /// @notice Compares this trade's own account of things with the contracts'.
    function check() internal {
        VM.warp(_clock);
        for (uint256 index; index < TRACKS; ++index) _checkTrack(_tracks[index]);
        for (uint256 index; index < OFFERS; ++index) {
            OfferTerms memory terms = _offers[index];
            OfferId offerId = registry.hashTerms(terms);
            (address owner, IOfferRegistry.OfferStatus status) = registry.offerOf(offerId);
            assertEq(owner, seller, "6: the offer's seller");
            bool live = status == IOfferRegistry.OfferStatus.Live;
            assertTrue(live == !_retired[index], "6: an offer is live until it is retired, and never again");
        }
        _checkBooks(address(0));
        _checkBooks(address(token));
        _checkBooks(address(hostile));
        assertEq(broken, "", "what must never happen");
    }

    /// @notice With time and permissionless calls alone everything becomes credit; then everybody withdraws.
    function unwind() internal {
        // The thief has made everything that can be made hard hard: everyone who could help is silent.
        _clock += uint256(SHORT_TTL) + STEP_TIMEOUT + 2 * DISPUTE_WINDOW + ARBITRATION_WINDOW;
        VM.warp(_clock);
        for (uint256 index; index < TRACKS; ++index) _unwindTrack(_tracks[index]);
        for (uint256 index; index < _voided.length; ++index) {
            for (uint256 kind; kind < 2; ++kind) {
                RunKey runKey = _voided[index].ref.runKey;
                try settlement.reclaimBond(runKey, ISettlement.ChallengeKind(kind)) {} catch {}
            }
        }
        assertEq(escrow.bondsHeld(), 0, "7: every bond found its owner");
        hostile.setMood(HostileToken.Mood.Honest);
        _drain(address(0));
        _drain(address(token));
        _drain(address(hostile));
    }

    function _checkTrack(Track storage track) private view {
        IEscrow.Entitlement memory entitlement = escrow.entitlementOf(track.entitled.id);
        assertEq(entitlement.bought, track.purchased - track.refunded, "2: bought");
        assertEq(entitlement.settled, track.paid, "2: every step is paid once");
        assertLe(track.paid + track.refunded, track.purchased, "2: no step is both paid and refunded");
        assertLe(entitlement.opened, entitlement.bought, "3: opened <= bought");
        assertLe(entitlement.settled, entitlement.opened, "3: settled <= opened");
        uint256 pending = entitlement.opened - entitlement.settled;
        assertLe(pending, track.entitled.terms.maxPending, "3: at most maxPending are pending");
        uint256 known = track.claims.length + (track.isOpen ? 1 : 0);
        assertEq(entitlement.opened, known, "3: claims and the open step");
        assertEq(entitlement.price, track.entitled.terms.price, "6: price");
        assertEq(entitlement.epoch, track.epoch, "5: epoch");
        assertEq(entitlement.generation, track.generation, "5: generation");
    }

    /// @dev Held is owed, plus what somebody sent unasked.
    function _checkBooks(address currency) private view {
        uint256 owed = _donated[currency];
        for (uint256 index; index < TRACKS; ++index) {
            Track storage track = _tracks[index];
            if (track.entitled.terms.token != currency) continue;
            owed += uint256(track.entitled.terms.price) * (track.purchased - track.refunded - track.paid);
        }
        for (uint256 index; index < OFFERS; ++index) {
            OfferId offerId = OfferId.wrap(keccak256(abi.encode(_offers[index])));
            if (_offers[index].token == currency) owed += escrow.earningsOf(offerId);
            if (currency == address(0)) owed += escrow.stakeOf(offerId).amount;
        }
        for (uint256 index; index < _people.length; ++index) owed += escrow.creditOf(currency, _people[index]);
        if (currency == address(0)) owed += escrow.bondsHeld();
        assertEq(_held(currency), owed, "1: the escrow holds exactly what it owes");
    }

    function _unwindTrack(Track storage track) private {
        Entitled memory entitled = track.entitled;
        if (track.isOpen) timeout(track.open);
        while (track.paid < track.claims.length) {
            Claimed memory next = track.claims[track.paid];
            try escrow.finalize(next.ref, entitled.offerId) {
                ++track.paid;
                continue;
            } catch {}
            try settlement.rejectUnproven(entitled.terms, next.ref) {
                _void(track, track.paid);
                break;
            } catch {}
            settlement.rejectUnruled(entitled.terms, next.ref);
            _void(track, track.paid);
            break;
        }
        IEscrow.Entitlement memory left = escrow.entitlementOf(entitled.id);
        if (left.bought > left.settled) {
            VM.prank(stranger);
            escrow.refund(entitled.terms, entitled.buyer, entitled.salt, type(uint24).max);
        }
        left = escrow.entitlementOf(entitled.id);
        assertEq(left.bought, left.settled, "7: no deposit is left");
    }

    /// @dev Everybody takes what is his; then only stakes and gifts are left.
    function _drain(address currency) private {
        uint256 rest = _donated[currency];
        for (uint256 index; index < _people.length; ++index) {
            if (escrow.creditOf(currency, _people[index]) == 0) continue;
            VM.prank(_people[index]);
            escrow.withdraw(currency, _people[index]);
        }
        for (uint256 index; index < OFFERS; ++index) {
            OfferTerms memory terms = _offers[index];
            OfferId offerId = OfferId.wrap(keccak256(abi.encode(terms)));
            if (currency == address(0)) rest += escrow.stakeOf(offerId).amount;
            if (terms.token != currency || escrow.earningsOf(offerId) == 0) continue;
            VM.prank(seller);
            escrow.withdrawEarnings(terms, seller);
        }
        assertEq(_held(currency), rest, "1: everything was withdrawn, once");
    }

    // ------------------------------------------------------------------ moves

    function _consume(Track storage track, uint256 seed) private {
        if (_silent[gateway]) return;
        bool byDelegate = (seed / 31) % 4 == 0;
        IPermitConsumer.Consumption memory consumption = _nextConsumption(
            track,
            byDelegate ? delegate : track.entitled.buyer
        );
        if (track.isOpen) {
            // A retry of the same step, in place of the run that has not claimed.
            consumption.permit.step = track.open.permit.step;
            consumption.staleRunKey = track.open.runKey;
            consumption.stalePermitHash = track.open.permitHash;
        }
        Opened memory opened = openedOf(track.entitled, consumption.permit);
        consumption.signature = signature(consumption.signer, opened.permitHash);
        if (_usedPermits[opened.permitHash] || _usedRuns[opened.runKey]) return;
        uint256 generation = track.delegatedGeneration;
        consume(track.entitled, consumption);

        if (byDelegate && (!track.delegated || generation != track.generation)) broken = "5: a delegation had ended";
        if (byDelegate && consumption.permit.step > DELEGATE_LAST_STEP) broken = "5: a delegate went too far";
        if (track.isOpen && _clock < escrow.runOf(track.open.runKey).claimDeadline) broken = "3: two steps are open";
        if (byDelegate) ++count["by delegate"];
        _usedPermits[opened.permitHash] = true;
        _usedRuns[opened.runKey] = true;
        _consumed.push(consumption);
        _consumedBy.push(_indexOf(track));
        track.open = opened;
        track.isOpen = true;
        ++count["consumed"];
    }

    function _claim(Track storage track) private {
        if (_silent[verifier] || !track.isOpen) return;
        Opened memory opened = track.open;
        Claimed memory claimed = claimOf(opened);
        settlement.claim(opened.entitled.terms, signedClaim(claimed));
        claimed.ref.windowEnd = uint40(_clock) + opened.entitled.terms.disputeWindow;
        _accept(track, claimed);
    }

    function _accept(Track storage track, Claimed memory claimed) private {
        uint256 length = track.claims.length;
        if (length > 0 && claimed.ref.parentHead != escrowHead(track.claims[length - 1])) {
            broken = "3: a claim does not continue from the one before";
        }
        if (length == 0 && claimed.ref.parentHead != 0) broken = "3: the first claim has a parent";
        track.claims.push(claimed);
        track.isOpen = false;
        ++count["claimed"];
    }

    function _finalize(Track storage track, Claimed memory claimed) private {
        escrow.finalize(claimed.ref, track.entitled.offerId);
        if (claimed.ref.step != track.paid + 1) broken = "3: a step was paid out of order";
        if (_clock < claimed.ref.windowEnd) broken = "2: a step was paid before its window ended";
        ++track.paid;
        ++count["paid"];
    }

    function _void(Track storage track, uint256 index) private {
        while (track.claims.length > index) {
            _voided.push(track.claims[track.claims.length - 1]);
            track.claims.pop();
        }
        track.isOpen = false;
        ++track.epoch;
        ++track.generation;
        ++count["rejected"];
    }

    function _nextConsumption(
        Track storage track,
        address signer
    ) private returns (IPermitConsumer.Consumption memory consumption) {
        uint256 length = track.claims.length;
        PermitInput memory permit = length == 0 ? permitOf(track.entitled) : permitAfter(track.claims[length - 1]);
        permit.epoch = uint32(track.epoch);
        OfferTerms memory terms = track.entitled.terms;
        if (terms.runnerTier == 2) {
            permit.observationHash = fresh("observation");
            permit.sourceCommit = terms.sourceCommit;
        }
        return signedPermit(track.entitled, permit, signer);
    }

    function _theft(
        Track storage track,
        uint256 seed
    ) private returns (address target, bytes memory data, string memory what) {
        Entitled memory entitled = track.entitled;
        uint256 kind = (seed / 37) % 6;
        if (kind == 0) {
            IPermitConsumer.Consumption memory stolen = _nextConsumption(track, entitled.buyer);
            data = abi.encodeCall(IPermitConsumer.consume, (entitled.terms, stolen));
            return (address(consumer), data, "5: somebody else consumed");
        }
        if (kind == 1) {
            data = abi.encodeCall(IEscrow.withdrawEarnings, (entitled.terms, thief));
            return (address(escrow), data, "1: somebody else took earnings");
        }
        if (kind == 2) {
            data = abi.encodeCall(IEscrow.payBond, (thief, 1));
            return (address(escrow), data, "1: somebody else paid out a bond");
        }
        if (kind == 3) {
            data = abi.encodeCall(IEscrow.slash, (entitled.offerId, thief, 1));
            return (address(escrow), data, "1: somebody else took a stake");
        }
        Claimed memory claimed = _pending(track, seed);
        if (kind == 4) {
            data = abi.encodeCall(ISettlement.rule, (entitled.terms, claimed.ref, ISettlement.Ruling.Rejected, 0));
            return (address(settlement), data, "3: somebody else ruled");
        }
        claimed.ref.windowEnd = uint40(_clock);
        if (track.claims[_pendingIndex(track, seed)].ref.windowEnd == claimed.ref.windowEnd) claimed.ref.windowEnd = 0;
        data = abi.encodeCall(IEscrow.finalize, (claimed.ref, entitled.offerId));
        return (address(escrow), data, "2: a step was paid under another reference");
    }

    // ------------------------------------------------------------------ set-up and reading

    function _shaped(uint256 index, address currency, uint8 maxPending) private returns (OfferTerms memory terms) {
        terms = index == 2 ? termsWithoutArbiter() : defaultTerms();
        terms.token = currency;
        terms.maxPending = maxPending;
        terms.entitlementTtl = SHORT_TTL;
        terms.provable = index != 3;
        if (index == 1) {
            terms.runnerTier = 2;
            terms.observer = observer;
            terms.sourceCommit = bytes20(uint160(0x2222222222222222222222222222222222222222));
        }
    }

    function _enter(uint256 index, address owner) private {
        OfferTerms memory terms = _offers[index];
        Entitled memory entitled = entitledOf(terms, owner, fresh("entitlement"));
        uint256 amount = uint256(terms.price) * 4;
        _allow(terms.token, owner, amount);
        VM.prank(owner);
        escrow.purchase{value: terms.token == address(0) ? amount : 0}(terms, owner, entitled.salt, 4);
        Track storage track = _tracks.push();
        track.entitled = entitled;
        track.purchased = 4;
    }

    function _allow(address currency, address payer, uint256 amount) private {
        if (currency == address(0)) return;
        if (currency == address(token)) return fund(payer, amount);
        hostile.mint(payer, amount);
        VM.prank(payer);
        hostile.approve(address(escrow), amount);
    }

    function escrowHead(Claimed memory claimed) private pure returns (bytes32) {
        return keccak256(abi.encode(claimed.claim.nextStateCommitment, claimed.claim.nextNetCommitment));
    }

    /// @dev Moves stay with one entitlement for a while, or none would get far in a run.
    function _track(uint256 seed) private returns (Track storage) {
        if ((seed / 3) % 12 == 0) _focus = seed % TRACKS;
        return _tracks[_focus];
    }

    function _indexOf(Track storage track) private view returns (uint256 index) {
        EntitlementId id = track.entitled.id;
        while (EntitlementId.unwrap(_tracks[index].entitled.id) != EntitlementId.unwrap(id)) ++index;
    }

    /// @dev Tracks lie in pairs: two entitlements of each offer.
    function _offerOf(uint256 seed) private view returns (uint256) {
        return ((seed / 5) % 4 == 0 ? seed % TRACKS : _focus) / 2;
    }

    function _pendingIndex(Track storage track, uint256 seed) private view returns (uint256) {
        uint256 pending = track.claims.length - track.paid;
        if (pending == 0) revert NothingPending();
        return track.paid + ((seed / 41) % pending);
    }

    function _pending(Track storage track, uint256 seed) private view returns (Claimed storage) {
        return track.claims[_pendingIndex(track, seed)];
    }

    function _currency(uint256 seed) private view returns (address) {
        address[3] memory currencies = [address(0), address(token), address(hostile)];
        return currencies[(seed / 43) % 3];
    }

    function _held(address currency) private view returns (uint256) {
        if (currency == address(0)) return address(escrow).balance;
        return currency == address(token) ? token.balanceOf(address(escrow)) : hostile.balanceOf(address(escrow));
    }

    function _fingerprint(uint256 offer) private view returns (bytes32) {
        EntitlementId first = _tracks[2 * offer].entitled.id;
        EntitlementId second = _tracks[2 * offer + 1].entitled.id;
        return
            keccak256(
                abi.encode(
                    escrow.entitlementOf(first),
                    escrow.headOf(first),
                    escrow.entitlementOf(second),
                    escrow.headOf(second)
                )
            );
    }

    function _hasArbiter(OfferTerms memory terms) private pure returns (bool) {
        return terms.arbiter != address(0);
    }

    /// @dev One of many independent coins in a seed.
    function _flip(uint256 seed, uint256 coin) private pure returns (bool) {
        return uint256(keccak256(abi.encode(seed, coin))) % 2 == 0;
    }
}
