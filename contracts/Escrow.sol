// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Lock} from "./base/Lock.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {IOfferRegistry} from "./interfaces/IOfferRegistry.sol";
import {IPermitConsumer} from "./interfaces/IPermitConsumer.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {ISignatureTransfer} from "./interfaces/ISignatureTransfer.sol";
import {EntitlementId, OfferId, RunKey, entitlementIdOf, openMarkerOf} from "./types/Ids.sol";
import {OfferTerms, offerIdOf} from "./types/OfferTerms.sol";
import {
    PURCHASE_TYPEHASH,
    PURCHASE_WITNESS_TYPE,
    Permit2Payment,
    TOP_UP_TYPEHASH,
    TOP_UP_WITNESS_TYPE,
    TokenPermit,
    paymentWitness
} from "./types/Payment.sol";
import {ClaimedStep, claimDigestOf} from "./types/StepClaim.sol";

/// @title Ledger and vault
/// @notice See {IEscrow}.
/// @dev The only contract that calls foreign code: tokens in `_pull`, receivers in `_push`. Everything else calls
/// contracts of the same deployment only.
contract Escrow is IEscrow, Lock {
    using SafeERC20 for IERC20;

    /// @dev {Entitlement} as it is stored: one slot. `pending` is `opened - settled`.
    struct Account {
        uint96 price;
        uint24 bought;
        uint24 settled;
        uint8 pending;
        uint8 maxPending;
        uint16 generation;
        uint16 epoch;
        uint8 challenged;
        /// Bit `step % maxPending` is set while a pending step's price is divided by a ruling.
        uint8 split;
        uint40 expiresAt;
    }

    /// @dev How the price of a split step is divided, and in what it is paid.
    struct Split {
        uint96 sellerShare;
        address token;
    }

    /// @dev Native money is token 0 in credits.
    address private constant NATIVE = address(0);

    /// @inheritdoc IEscrow
    IOfferRegistry public immutable override offerRegistry;
    /// @inheritdoc IEscrow
    address public immutable override permitConsumer;
    /// @inheritdoc IEscrow
    address public immutable override settlement;
    /// @inheritdoc IEscrow
    ISignatureTransfer public immutable override permit2;

    /// @inheritdoc IEscrow
    uint256 public override bondsHeld;

    mapping(EntitlementId entitlement => Account) private _accounts;
    mapping(EntitlementId entitlement => bytes32) private _heads;
    mapping(RunKey runKey => Run) private _runs;
    /// @dev Digests of pending claims, one slot for each `step % maxPending`. A slot is cleared by rejection and taken
    /// over by the step `maxPending` later, which cannot be opened before this one is paid: so a match means pending.
    mapping(EntitlementId entitlement => mapping(uint256 slot => bytes32)) private _claimDigests;
    mapping(RunKey runKey => Split) private _splits;
    mapping(address token => mapping(address owner => uint256)) private _credits;
    mapping(OfferId offerId => uint256) private _earnings;
    mapping(OfferId offerId => Stake) private _stakes;

    modifier only(address authorised) {
        if (msg.sender != authorised) revert NotAuthorisedContract(msg.sender);
        _;
    }

    /// @dev The three contracts know one another's addresses before all of them exist. The last one deployed, this,
    /// checks that they agree, so a wrong prediction cannot go unnoticed.
    constructor(
        IOfferRegistry registry,
        IPermitConsumer consumer,
        ISettlement settler,
        ISignatureTransfer signatureTransfer
    ) {
        permit2 = signatureTransfer;
        offerRegistry = registry;
        permitConsumer = address(consumer);
        settlement = address(settler);
        _requireSame(address(this), address(consumer.escrow()));
        _requireSame(address(this), address(settler.escrow()));
        _requireSame(address(registry), address(settler.offerRegistry()));
        _requireSame(address(consumer), address(settler.permitConsumer()));
        _requireSame(registry.evidenceVerifier(), address(settler.evidenceVerifier()));
    }

    // ------------------------------------------------------------------ buyers

    /// @inheritdoc IEscrow
    function purchase(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        uint24 steps
    ) external payable locked returns (EntitlementId entitlement) {
        uint256 amount;
        (entitlement, , amount) = _purchase(terms, buyer, salt, steps, msg.sender);
        _pull(terms.token, amount);
    }

    /// @inheritdoc IEscrow
    function purchaseWithPermit(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        uint24 steps,
        TokenPermit calldata permit
    ) external locked returns (EntitlementId entitlement) {
        uint256 amount;
        (entitlement, , amount) = _purchase(terms, buyer, salt, steps, msg.sender);
        _pullPermitted(terms.token, amount, permit);
    }

    /// @inheritdoc IEscrow
    function purchaseWithPermit2(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        uint24 steps,
        Permit2Payment calldata payment
    ) external locked returns (EntitlementId entitlement) {
        OfferId offerId;
        uint256 amount;
        (entitlement, offerId, amount) = _purchase(terms, buyer, salt, steps, payment.payer);
        bytes32 witness = paymentWitness(PURCHASE_TYPEHASH, offerId, steps, buyer, salt, payment.deadline);
        _pullBySignature(terms.token, amount, payment, witness, PURCHASE_WITNESS_TYPE);
    }

    /// @inheritdoc IEscrow
    function topUp(OfferTerms calldata terms, address buyer, bytes32 salt, uint24 steps) external payable locked {
        (, uint256 amount) = _topUp(terms, buyer, salt, steps, msg.sender);
        _pull(terms.token, amount);
    }

    /// @inheritdoc IEscrow
    function topUpWithPermit(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        uint24 steps,
        TokenPermit calldata permit
    ) external locked {
        (, uint256 amount) = _topUp(terms, buyer, salt, steps, msg.sender);
        _pullPermitted(terms.token, amount, permit);
    }

    /// @inheritdoc IEscrow
    function topUpWithPermit2(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        uint24 steps,
        Permit2Payment calldata payment
    ) external locked {
        (OfferId offerId, uint256 amount) = _topUp(terms, buyer, salt, steps, payment.payer);
        bytes32 witness = paymentWitness(TOP_UP_TYPEHASH, offerId, steps, buyer, salt, payment.deadline);
        _pullBySignature(terms.token, amount, payment, witness, TOP_UP_WITNESS_TYPE);
    }

    /// @inheritdoc IEscrow
    function refund(OfferTerms calldata terms, address buyer, bytes32 salt, uint24 steps) external {
        EntitlementId id = entitlementIdOf(offerIdOf(terms), buyer, salt);
        Account storage account = _existing(id);
        if (msg.sender != buyer && block.timestamp < account.expiresAt) revert NotBuyer(msg.sender, buyer);
        uint24 unopened = account.bought - account.settled - account.pending;
        // Whoever means all of them cannot be made to fail by somebody who refunds one first.
        if (steps == type(uint24).max) steps = unopened;
        if (steps == 0 || steps > unopened) revert StepsOutOfRange(steps, unopened);

        account.bought -= steps;
        uint256 amount = uint256(account.price) * steps;
        emit Refunded(id, buyer, terms.token, steps, amount);
        _credit(terms.token, buyer, amount);
    }

    /// @inheritdoc IEscrow
    function cancelPermits(OfferId offerId, bytes32 salt) external {
        EntitlementId id = entitlementIdOf(offerId, msg.sender, salt);
        Account storage account = _existing(id);
        uint16 epoch = _nextCount(account.epoch);
        account.epoch = epoch;
        emit PermitsCancelled(id, msg.sender, epoch);
    }

    // ------------------------------------------------------------------ anyone

    /// @inheritdoc IEscrow
    function timeout(EntitlementId entitlement, RunKey runKey, bytes32 permitHash, bytes32 parentHead) external {
        _timeout(entitlement, runKey, permitHash, parentHead);
    }

    /// @inheritdoc IEscrow
    function finalize(ClaimedStep calldata claimed, OfferId offerId) external {
        _earnings[offerId] += _pay(offerId, claimed);
    }

    /// @inheritdoc IEscrow
    function finalizeBatch(ClaimedStep[] calldata claimed, OfferId offerId) external {
        uint256 earned;
        for (uint256 i; i < claimed.length; ++i) {
            earned += _pay(offerId, claimed[i]);
        }
        _earnings[offerId] += earned;
    }

    /// @inheritdoc IEscrow
    function withdraw(address token, address to) external locked returns (uint256 amount) {
        amount = _credits[token][msg.sender];
        if (amount == 0) revert NothingToWithdraw();
        _credits[token][msg.sender] = 0;
        emit Withdrawn(token, msg.sender, to, amount);
        _push(token, to, amount);
    }

    // ------------------------------------------------------------------ sellers

    /// @inheritdoc IEscrow
    function withdrawEarnings(OfferTerms calldata terms, address to) external locked returns (uint256 amount) {
        OfferId offerId = _requireSeller(terms);
        amount = _earnings[offerId];
        if (amount == 0) revert NothingToWithdraw();
        _earnings[offerId] = 0;
        emit EarningsWithdrawn(offerId, msg.sender, to, terms.token, amount);
        _push(terms.token, to, amount);
    }

    /// @inheritdoc IEscrow
    function postStake(OfferTerms calldata terms) external payable {
        OfferId offerId = _requireSeller(terms);
        (, IOfferRegistry.OfferStatus status) = offerRegistry.offerOf(offerId);
        if (status == IOfferRegistry.OfferStatus.None) revert IOfferRegistry.OfferNotLive(offerId);
        Stake storage stake = _stakes[offerId];
        // All native money there is fits 128 bits.
        uint128 total = stake.amount + uint128(msg.value);
        stake.amount = total;
        stake.withdrawableAt = 0;
        emit StakePosted(offerId, msg.sender, msg.value, total);
    }

    /// @inheritdoc IEscrow
    function noticeStake(OfferTerms calldata terms) external {
        OfferId offerId = _requireSeller(terms);
        Stake storage stake = _stakes[offerId];
        if (stake.amount == 0) revert NothingToWithdraw();
        uint40 decision = terms.proofWindow > terms.arbitrationWindow ? terms.proofWindow : terms.arbitrationWindow;
        uint40 withdrawableAt =
            uint40(block.timestamp) + terms.stepTimeout + 2 * uint40(terms.disputeWindow) + decision;
        stake.withdrawableAt = withdrawableAt;
        emit StakeNoticed(offerId, msg.sender, withdrawableAt);
    }

    /// @inheritdoc IEscrow
    function withdrawStake(OfferTerms calldata terms) external {
        OfferId offerId = _requireSeller(terms);
        Stake memory stake = _stakes[offerId];
        if (stake.amount == 0) revert NothingToWithdraw();
        if (stake.withdrawableAt == 0 || block.timestamp < stake.withdrawableAt) {
            revert StakeNotWithdrawable(stake.withdrawableAt);
        }
        delete _stakes[offerId];
        emit StakeWithdrawn(offerId, msg.sender, stake.amount);
        _credit(NATIVE, msg.sender, stake.amount);
    }

    // ------------------------------------------------------------------ PermitConsumer only

    /// @inheritdoc IEscrow
    function recordOpening(StepOpening calldata opening) external only(permitConsumer) returns (uint40 claimDeadline) {
        EntitlementId id = opening.entitlement;
        Account storage account = _existing(id);
        // Anyone may have freed the stale run's step in the meantime: then there is nothing left to do.
        if (RunKey.unwrap(opening.staleRunKey) != 0 && _heads[id] != opening.parentHead) {
            _timeout(id, opening.staleRunKey, opening.stalePermitHash, opening.parentHead);
        }
        // One slot: read at once, it is loaded once.
        (uint24 bought, uint24 settled, uint8 pending, uint8 maxPending) = (
            account.bought,
            account.settled,
            account.pending,
            account.maxPending
        );
        (uint16 generation, uint16 epoch, uint8 challenged, uint40 expiresAt) = (
            account.generation,
            account.epoch,
            account.challenged,
            account.expiresAt
        );
        if (opening.epoch != epoch) revert EpochOutdated(opening.epoch, epoch);
        if (opening.byDelegate && opening.generation != generation) {
            revert DelegationOutdated(opening.generation, generation);
        }
        if (block.timestamp >= expiresAt) revert EntitlementExpired(expiresAt);
        uint256 next = uint256(settled) + pending + 1;
        if (opening.step != next) revert StepNotNext(opening.step, next);
        if (next > bought) revert StepNotBought(opening.step, bought);
        if (pending >= maxPending) revert TooManyPending(pending, maxPending);
        if (challenged != 0) revert ChallengePending(challenged);
        // While a step is open the head is a marker, which no parent equals: only one step is open at a time.
        if (_heads[id] != opening.parentHead) revert PermitParentMismatch(_heads[id], opening.parentHead);
        Run storage run = _runs[opening.runKey];
        if (run.openedAt != 0) revert RunUsed(opening.runKey);

        claimDeadline = uint40(block.timestamp) + opening.stepTimeout;
        account.pending = pending + 1;
        _heads[id] = openMarkerOf(opening.parentHead, opening.permitHash, opening.runKey);
        run.step = opening.step;
        run.openedAt = uint40(block.timestamp);
        run.claimDeadline = claimDeadline;
    }

    // ------------------------------------------------------------------ Settlement only

    /// @inheritdoc IEscrow
    function recordClaim(
        StepRef calldata ref,
        bytes32 permitHash,
        bytes32 nextHead,
        uint8 maxPending,
        bool proven
    ) external only(settlement) {
        EntitlementId id = ref.entitlement;
        Run storage run = _runs[ref.runKey];
        (uint32 step, uint40 claimDeadline) = (run.step, run.claimDeadline);
        if (step != ref.step || _heads[id] != openMarkerOf(ref.parentHead, permitHash, ref.runKey)) {
            revert StepNotOpen(ref.runKey);
        }
        if (block.timestamp >= claimDeadline) revert ClaimTooLate(claimDeadline);

        // The run's record stays as it is, unless the claim comes proven.
        if (proven) run.proven = true;
        _claimDigests[id][step % maxPending] = _digestOf(ref, ref.windowEnd);
        _heads[id] = nextHead;
    }

    /// @inheritdoc IEscrow
    function recordProof(
        StepRef calldata ref,
        bool endsWindow
    ) external only(settlement) returns (bool wasChallenged, uint40 windowEnd) {
        Run storage run = _requirePending(ref);
        if (run.proven) revert AlreadyProven(ref.runKey);
        run.proven = true;
        wasChallenged = run.evidence == EvidenceStatus.Challenged;
        if (wasChallenged) {
            run.evidence = EvidenceStatus.Answered;
            _clearIfUnchallenged(ref, run);
        }
        windowEnd = endsWindow ? _endWindow(ref, run) : ref.windowEnd;
    }

    /// @inheritdoc IEscrow
    function endWindow(StepRef calldata ref) external only(settlement) returns (uint40 windowEnd) {
        Run storage run = _requirePending(ref);
        if (_isChallenged(run)) revert ClaimChallenged(ref.runKey);
        windowEnd = _endWindow(ref, run);
    }

    /// @inheritdoc IEscrow
    function openEvidenceChallenge(StepRef calldata ref) external payable only(settlement) {
        Run storage run = _requireChallengeable(ref);
        if (run.proven) revert AlreadyProven(ref.runKey);
        if (run.evidence != EvidenceStatus.None) revert AlreadyChallenged(ref.runKey);
        run.evidence = EvidenceStatus.Challenged;
        _markChallenged(ref);
    }

    /// @inheritdoc IEscrow
    function openConductChallenge(StepRef calldata ref) external payable only(settlement) {
        Run storage run = _requireChallengeable(ref);
        if (run.conduct != ConductStatus.None) revert AlreadyChallenged(ref.runKey);
        run.conduct = ConductStatus.Challenged;
        _markChallenged(ref);
    }

    /// @inheritdoc IEscrow
    function recordUpheld(StepRef calldata ref) external only(settlement) {
        _closeConduct(ref, ConductStatus.Upheld);
    }

    /// @inheritdoc IEscrow
    function recordSplit(StepRef calldata ref, uint96 sellerShare, address token) external only(settlement) {
        Account storage account = _accounts[ref.entitlement];
        uint96 price = account.price;
        if (sellerShare == 0 || sellerShare >= price) revert ShareOutOfRange(sellerShare, price);
        _closeConduct(ref, ConductStatus.Split);
        account.split |= _bitOf(ref.step, account.maxPending);
        _splits[ref.runKey] = Split(sellerShare, token);
    }

    /// @inheritdoc IEscrow
    function reject(StepRef calldata ref) external only(settlement) {
        _requirePending(ref);
        EntitlementId id = ref.entitlement;
        Account memory account = _accounts[id];
        // At most eight rounds. Earlier pending claims keep their digests and stay payable.
        uint256 opened = uint256(account.settled) + account.pending;
        for (uint256 step = ref.step; step <= opened; ++step) {
            delete _claimDigests[id][step % account.maxPending];
            uint8 others = ~_bitOf(step, account.maxPending);
            account.challenged &= others;
            account.split &= others;
        }
        account.pending = uint8(ref.step - 1 - account.settled);
        account.generation = _nextCount(account.generation);
        account.epoch = _nextCount(account.epoch);
        _accounts[id] = account;
        _heads[id] = ref.parentHead;
        emit StepRejected(id, ref.step, ref.runKey, account.generation, account.epoch);
    }

    /// @inheritdoc IEscrow
    function payBond(address to, uint256 amount) external only(settlement) {
        bondsHeld -= amount;
        _credit(NATIVE, to, amount);
    }

    /// @inheritdoc IEscrow
    function slash(OfferId offerId, address to, uint256 amount) external only(settlement) returns (uint256 paid) {
        Stake storage stake = _stakes[offerId];
        paid = amount < stake.amount ? amount : stake.amount;
        if (paid == 0) return 0;
        stake.amount -= uint128(paid);
        emit StakeSlashed(offerId, to, paid);
        _credit(NATIVE, to, paid);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IEscrow
    function entitlementOf(EntitlementId entitlement) external view returns (Entitlement memory) {
        Account memory account = _accounts[entitlement];
        return
            Entitlement({
                price: account.price,
                bought: account.bought,
                opened: account.settled + account.pending,
                settled: account.settled,
                generation: account.generation,
                epoch: account.epoch,
                maxPending: account.maxPending,
                challenged: account.challenged,
                expiresAt: account.expiresAt
            });
    }

    /// @inheritdoc IEscrow
    function headOf(EntitlementId entitlement) external view returns (bytes32) {
        return _heads[entitlement];
    }

    /// @inheritdoc IEscrow
    function runOf(RunKey runKey) external view returns (Run memory) {
        return _runs[runKey];
    }

    /// @inheritdoc IEscrow
    function isOpen(
        EntitlementId entitlement,
        RunKey runKey,
        bytes32 permitHash,
        bytes32 parentHead
    ) external view returns (bool) {
        return
            _heads[entitlement] == openMarkerOf(parentHead, permitHash, runKey) &&
            block.timestamp < _runs[runKey].claimDeadline;
    }

    /// @inheritdoc IEscrow
    function isPending(StepRef calldata ref) external view returns (bool) {
        return _isPending(ref);
    }

    /// @inheritdoc IEscrow
    function pendingDigestOf(EntitlementId entitlement, uint32 step) external view returns (bytes32) {
        uint8 maxPending = _accounts[entitlement].maxPending;
        return maxPending == 0 ? bytes32(0) : _claimDigests[entitlement][step % maxPending];
    }

    /// @inheritdoc IEscrow
    function splitOf(RunKey runKey) external view returns (uint96 sellerShare, address token) {
        Split storage split = _splits[runKey];
        return (split.sellerShare, split.token);
    }

    /// @inheritdoc IEscrow
    function creditOf(address token, address owner) external view returns (uint256) {
        return _credits[token][owner];
    }

    /// @inheritdoc IEscrow
    function earningsOf(OfferId offerId) external view returns (uint256) {
        return _earnings[offerId];
    }

    /// @inheritdoc IEscrow
    function stakeOf(OfferId offerId) external view returns (Stake memory) {
        return _stakes[offerId];
    }

    // ------------------------------------------------------------------ ledger

    function _purchase(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        uint24 steps,
        address payer
    ) private returns (EntitlementId id, OfferId offerId, uint256 amount) {
        offerId = _requireForSale(terms);
        if (buyer == address(0)) revert BuyerMissing();
        if (steps == 0 || steps > terms.maxSteps) revert StepsOutOfRange(steps, terms.maxSteps);
        id = entitlementIdOf(offerId, buyer, salt);
        if (_accounts[id].price != 0) revert EntitlementExists(id);

        uint40 expiresAt = uint40(block.timestamp) + terms.entitlementTtl;
        Account storage account = _accounts[id];
        account.price = terms.price;
        account.bought = steps;
        account.maxPending = terms.maxPending;
        account.expiresAt = expiresAt;
        amount = uint256(terms.price) * steps;
        emit Purchased(id, offerId, buyer, payer, salt, steps, amount, expiresAt);
    }

    function _topUp(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        uint24 steps,
        address payer
    ) private returns (OfferId offerId, uint256 amount) {
        offerId = _requireForSale(terms);
        EntitlementId id = entitlementIdOf(offerId, buyer, salt);
        Account storage account = _existing(id);
        if (block.timestamp >= account.expiresAt) revert EntitlementExpired(account.expiresAt);
        uint256 free = terms.maxSteps - account.bought;
        if (steps == 0 || steps > free) revert StepsOutOfRange(steps, free);

        account.bought += steps;
        amount = uint256(terms.price) * steps;
        emit ToppedUp(id, payer, steps, amount);
    }

    /// @dev Pays one step and returns what the seller earns by it.
    function _pay(OfferId offerId, ClaimedStep calldata claimed) private returns (uint256 sellerAmount) {
        EntitlementId id = entitlementIdOf(offerId, claimed.buyer, claimed.salt);
        Account storage account = _accounts[id];
        // One slot: read at once, it is loaded once.
        (uint96 price, uint24 settled, uint8 pending, uint8 maxPending, uint8 challenged, uint8 split) = (
            account.price,
            account.settled,
            account.pending,
            account.maxPending,
            account.challenged,
            account.split
        );
        uint256 next = uint256(settled) + 1;
        if (claimed.step != next) revert StepNotNext(claimed.step, next);
        uint40 windowEnd = claimed.windowEnd;
        if (
            pending == 0 ||
            _claimDigests[id][next % maxPending] !=
                claimDigestOf(claimed.step, claimed.runKey, claimed.claimHash, claimed.parentHead, windowEnd)
        ) revert ClaimNotPending(id, claimed.step, claimed.runKey);
        uint8 bit = _bitOf(next, maxPending);
        if (challenged & bit != 0) revert ClaimChallenged(claimed.runKey);
        if (block.timestamp < windowEnd) revert WindowOpen(windowEnd);

        account.settled = uint24(next);
        account.pending = pending - 1;
        sellerAmount = price;
        uint256 buyerAmount;
        if (split & bit != 0) {
            account.split = split & ~bit;
            Split memory division = _splits[claimed.runKey];
            sellerAmount = division.sellerShare;
            buyerAmount = price - division.sellerShare;
            _credit(division.token, claimed.buyer, buyerAmount);
        }
        emit StepPaid(id, claimed.step, claimed.runKey, sellerAmount, buyerAmount);
    }

    function _timeout(EntitlementId id, RunKey runKey, bytes32 permitHash, bytes32 parentHead) private {
        if (_heads[id] != openMarkerOf(parentHead, permitHash, runKey)) revert StepNotOpen(runKey);
        Run storage run = _runs[runKey];
        if (block.timestamp < run.claimDeadline) revert StepNotTimedOut(run.claimDeadline);
        --_accounts[id].pending;
        _heads[id] = parentHead;
        emit StepTimedOut(id, run.step, runKey);
    }

    function _isPending(StepRef calldata ref) private view returns (bool) {
        Account storage account = _accounts[ref.entitlement];
        return
            ref.step > account.settled &&
            ref.step <= uint256(account.settled) + account.pending &&
            _claimDigests[ref.entitlement][ref.step % account.maxPending] == _digestOf(ref, ref.windowEnd);
    }

    function _requirePending(StepRef calldata ref) private view returns (Run storage run) {
        if (!_isPending(ref)) revert ClaimNotPending(ref.entitlement, ref.step, ref.runKey);
        run = _runs[ref.runKey];
    }

    function _requireChallengeable(StepRef calldata ref) private view returns (Run storage run) {
        run = _requirePending(ref);
        if (block.timestamp >= ref.windowEnd) revert WindowClosed(ref.windowEnd);
    }

    function _isChallenged(Run storage run) private view returns (bool) {
        return run.evidence == EvidenceStatus.Challenged || run.conduct == ConductStatus.Challenged;
    }

    function _markChallenged(StepRef calldata ref) private {
        Account storage account = _accounts[ref.entitlement];
        account.challenged |= _bitOf(ref.step, account.maxPending);
        bondsHeld += msg.value;
    }

    function _clearIfUnchallenged(StepRef calldata ref, Run storage run) private {
        if (_isChallenged(run)) return;
        Account storage account = _accounts[ref.entitlement];
        account.challenged &= ~_bitOf(ref.step, account.maxPending);
    }

    function _closeConduct(StepRef calldata ref, ConductStatus outcome) private {
        Run storage run = _requirePending(ref);
        if (run.conduct != ConductStatus.Challenged) revert NotChallenged(ref.runKey);
        run.conduct = outcome;
        _clearIfUnchallenged(ref, run);
    }

    /// @dev Brings the end of a dispute window forward to now, never back. References name the new end from then on.
    function _endWindow(StepRef calldata ref, Run storage run) private returns (uint40 windowEnd) {
        if (block.timestamp >= ref.windowEnd) return ref.windowEnd;
        windowEnd = uint40(block.timestamp);
        run.windowEnd = windowEnd;
        uint256 slot = ref.step % _accounts[ref.entitlement].maxPending;
        _claimDigests[ref.entitlement][slot] = _digestOf(ref, windowEnd);
    }

    function _digestOf(StepRef calldata ref, uint40 windowEnd) private pure returns (bytes32) {
        return claimDigestOf(ref.step, ref.runKey, ref.claimHash, ref.parentHead, windowEnd);
    }

    /// @dev Pending steps are at most `maxPending`, at most eight, in a row: no two of them have the same bit.
    function _bitOf(uint256 step, uint8 maxPending) private pure returns (uint8) {
        return uint8(1 << (step % maxPending));
    }

    function _existing(EntitlementId id) private view returns (Account storage account) {
        account = _accounts[id];
        if (account.price == 0) revert NoSuchEntitlement(id);
    }

    function _requireForSale(OfferTerms calldata terms) private view returns (OfferId offerId) {
        offerId = offerIdOf(terms);
        offerRegistry.requireLive(offerId);
        if (block.timestamp >= terms.validUntil) revert SaleEnded(terms.validUntil);
    }

    function _requireSeller(OfferTerms calldata terms) private view returns (OfferId) {
        if (msg.sender != terms.seller) revert IOfferRegistry.NotSeller(msg.sender, terms.seller);
        return offerIdOf(terms);
    }

    function _requireSame(address expected, address actual) private pure {
        if (expected != actual) revert WiringMismatch(expected, actual);
    }

    /// @dev Counters wrap rather than revert: a rejection must never become impossible. A permit or delegation would
    /// have to outlive 65,536 of its buyer's cancels or rejections to count again, and a used run stays used.
    function _nextCount(uint16 count) private pure returns (uint16) {
        unchecked {
            return count + 1;
        }
    }

    // ------------------------------------------------------------------ vault

    function _credit(address token, address owner, uint256 amount) private {
        if (amount == 0) return;
        _credits[token][owner] += amount;
        emit Credited(token, owner, amount);
    }

    /// @dev Takes exactly `amount` from the caller, or reverts.
    function _pull(address token, uint256 amount) private {
        if (token == NATIVE) {
            if (msg.value != amount) revert WrongPayment(amount, msg.value);
            return;
        }
        if (msg.value != 0) revert WrongPayment(0, msg.value);
        uint256 before = _balance(token);
        if (!IERC20(token).trySafeTransferFrom(msg.sender, address(this), amount)) revert TokenTransferFailed(token);
        _requireReceived(token, before, amount);
    }

    /// @dev A permit that fails is ignored: somebody may have used it first, and then the allowance is there. If it is
    /// not, the transfer fails.
    function _pullPermitted(address token, uint256 amount, TokenPermit calldata permit) private {
        if (token == NATIVE) revert TokenMissing();
        // solhint-disable no-empty-blocks
        try
            IERC20Permit(token).permit(msg.sender, address(this), amount, permit.deadline, permit.v, permit.r, permit.s)
        {} catch {}
        // solhint-enable no-empty-blocks
        _pull(token, amount);
    }

    /// @dev The witness binds the signature to this very purchase: nobody who sees it can buy anything else with it.
    function _pullBySignature(
        address token,
        uint256 amount,
        Permit2Payment calldata payment,
        bytes32 witness,
        string memory witnessType
    ) private {
        if (token == NATIVE) revert TokenMissing();
        if (address(permit2) == address(0)) revert Permit2Missing();
        uint256 before = _balance(token);
        // solhint-disable no-empty-blocks
        try
            permit2.permitWitnessTransferFrom(
                ISignatureTransfer.PermitTransferFrom({
                    permitted: ISignatureTransfer.TokenPermissions(token, amount),
                    nonce: payment.nonce,
                    deadline: payment.deadline
                }),
                ISignatureTransfer.SignatureTransferDetails(address(this), amount),
                payment.payer,
                witness,
                witnessType,
                payment.signature
            )
        {} catch (bytes memory reason) {
            revert Permit2Refused(reason);
        }
        // solhint-enable no-empty-blocks
        _requireReceived(token, before, amount);
    }

    /// @dev Pays `amount`, or reverts: a failed payment leaves the credit in place.
    function _push(address token, address to, uint256 amount) private {
        if (to == address(0) || to == address(this)) revert ReceiverMissing();
        if (token == NATIVE) {
            (bool paid, ) = to.call{value: amount}("");
            if (!paid) revert ReceiverRefused(to);
            return;
        }
        uint256 before = _balance(token);
        if (!IERC20(token).trySafeTransfer(to, amount)) revert TokenTransferFailed(token);
        // A token that takes more than it was asked to would take it from other people's deposits; one that takes less
        // would leave its owner without money and without credit.
        uint256 afterwards = _balance(token);
        uint256 sent = before > afterwards ? before - afterwards : 0;
        if (sent != amount) revert TokenAmountMismatch(token, amount, sent);
    }

    function _balance(address token) private view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    function _requireReceived(address token, uint256 before, uint256 amount) private view {
        uint256 afterwards = _balance(token);
        uint256 received = afterwards > before ? afterwards - before : 0;
        if (received != amount) revert TokenAmountMismatch(token, amount, received);
    }
}
