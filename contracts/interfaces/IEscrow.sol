// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EntitlementId, OfferId, RunKey} from "../types/Ids.sol";
import {OfferTerms} from "../types/OfferTerms.sol";
import {ClaimedStep} from "../types/StepClaim.sol";
import {Permit2Payment, TokenPermit} from "../types/Payment.sol";
import {IOfferRegistry} from "./IOfferRegistry.sol";
import {ISignatureTransfer} from "./ISignatureTransfer.sol";

/// @title Ledger and vault
/// @notice Holds all money and all state of entitlements, runs, stakes and credits. Nobody owns it, nothing in it can
/// be paused, and it pays out only what its owner withdraws.
/// @dev Windows are half-open: an action is allowed while `t < end`, its opposite when `t >= end`.
interface IEscrow {
    enum EvidenceStatus {
        None,
        Challenged,
        Answered
    }

    enum ConductStatus {
        None,
        Challenged,
        Upheld,
        Split
    }

    /// @notice A buyer's funded right to steps of one offer; one storage slot.
    /// @dev Steps `1..settled` are paid, `settled+1..opened` pending, `opened+1..bought` unopened. The deposit is
    /// always `price * (bought - settled)`.
    struct Entitlement {
        uint96 price;
        uint24 bought;
        uint24 opened;
        uint24 settled;
        /// Rises on every rejection; ends delegations.
        uint16 generation;
        /// Rises on every rejection and on the buyer's cancel; part of every permit.
        uint16 epoch;
        uint8 maxPending;
        /// Bit `step % maxPending` is set while a pending step has an open challenge.
        uint8 challenged;
        /// Unix seconds; from then on steps can only be refunded.
        uint40 expiresAt;
    }

    /// @notice One run of the workflow; one storage slot, used once and never freed.
    /// @dev Whether it is open or its claim pending is in the entitlement's head and digests: see {isOpen}, {isPending}.
    struct Run {
        uint32 step;
        /// Unix seconds; 0 while the run was never used.
        uint40 openedAt;
        /// Unix seconds.
        uint40 claimDeadline;
        /// End of the claim's dispute window where it was brought forward, unix seconds; else 0.
        uint40 windowEnd;
        bool proven;
        EvidenceStatus evidence;
        ConductStatus conduct;
    }

    /// @notice Native money a seller put behind one offer.
    struct Stake {
        uint128 amount;
        /// Unix seconds from which it can be withdrawn; 0 while no notice was given.
        uint40 withdrawableAt;
    }

    /// @notice What the permit consumer asks the ledger to open.
    struct StepOpening {
        EntitlementId entitlement;
        uint32 step;
        uint32 epoch;
        /// The signer is a delegate, whose delegation holds for `generation` only.
        bool byDelegate;
        uint16 generation;
        RunKey runKey;
        bytes32 permitHash;
        bytes32 parentHead;
        uint32 stepTimeout;
        /// A run of the same step that has timed out and is voided first; 0 for none.
        RunKey staleRunKey;
        bytes32 stalePermitHash;
    }

    /// @notice Handle on a claimed step, with its entitlement's id.
    struct StepRef {
        EntitlementId entitlement;
        uint32 step;
        RunKey runKey;
        bytes32 claimHash;
        bytes32 parentHead;
        uint40 windowEnd;
    }

    // ------------------------------------------------------------------ events

    /// @notice Steps were bought.
    event Purchased(
        EntitlementId indexed entitlement,
        OfferId indexed offerId,
        address indexed buyer,
        address payer,
        bytes32 salt,
        uint24 steps,
        uint256 amount,
        uint40 expiresAt
    );

    /// @notice Steps were added to an entitlement.
    event ToppedUp(EntitlementId indexed entitlement, address indexed payer, uint24 steps, uint256 amount);

    /// @notice Unopened steps became the buyer's credit.
    event Refunded(
        EntitlementId indexed entitlement,
        address indexed buyer,
        address indexed token,
        uint24 steps,
        uint256 amount
    );

    /// @notice An open step was not claimed in time; its number is free again.
    event StepTimedOut(EntitlementId indexed entitlement, uint32 indexed step, RunKey indexed runKey);

    /// @notice A step was paid.
    event StepPaid(
        EntitlementId indexed entitlement,
        uint32 indexed step,
        RunKey indexed runKey,
        uint256 sellerAmount,
        uint256 buyerAmount
    );

    /// @notice A claim was rejected; this step and all later pending ones are free again.
    event StepRejected(
        EntitlementId indexed entitlement,
        uint32 indexed step,
        RunKey indexed runKey,
        uint16 generation,
        uint16 epoch
    );

    /// @notice The buyer made all outstanding permits worthless.
    event PermitsCancelled(EntitlementId indexed entitlement, address indexed buyer, uint16 epoch);

    /// @notice Money became withdrawable.
    event Credited(address indexed token, address indexed owner, uint256 amount);

    /// @notice Credit was paid out.
    event Withdrawn(address indexed token, address indexed owner, address indexed to, uint256 amount);

    /// @notice A seller's earnings of one offer were paid out.
    event EarningsWithdrawn(
        OfferId indexed offerId,
        address indexed seller,
        address indexed to,
        address token,
        uint256 amount
    );

    /// @notice A seller put money behind an offer. A notice given before is void.
    event StakePosted(OfferId indexed offerId, address indexed seller, uint256 amount, uint256 total);

    /// @notice A seller announced that the stake will be withdrawn.
    event StakeNoticed(OfferId indexed offerId, address indexed seller, uint40 withdrawableAt);

    /// @notice A stake became its seller's credit.
    event StakeWithdrawn(OfferId indexed offerId, address indexed seller, uint256 amount);

    /// @notice Part of a stake became the credit of somebody whom a false claim harmed.
    event StakeSlashed(OfferId indexed offerId, address indexed to, uint256 amount);

    // ------------------------------------------------------------------ errors

    /// @notice Only the contract that decides this may call here. Use PermitConsumer or Settlement instead.
    /// @custom:kind forbidden
    error NotAuthorisedContract(address caller);

    /// @notice The contracts of this deployment do not point at each other. Deploy them again as one set.
    /// @custom:kind invalid
    error WiringMismatch(address expected, address actual);

    /// @notice The contract is in the middle of a payment and cannot be entered again. Try in a new transaction.
    /// @custom:kind conflict
    error Locked();

    /// @notice The buyer's address is empty. Name who the steps are for.
    /// @custom:kind invalid
    error BuyerMissing();

    /// @notice The sale of this offer has ended.
    /// @custom:kind conflict
    error SaleEnded(uint40 validUntil);

    /// @notice The number of steps is not possible here. Choose at least 1 and at most the stated number.
    /// @custom:kind invalid
    error StepsOutOfRange(uint256 steps, uint256 max);

    /// @notice This entitlement already exists. Top it up, or buy with another salt.
    /// @custom:kind conflict
    error EntitlementExists(EntitlementId entitlement);

    /// @notice There is no such entitlement. Check offer, buyer and salt.
    /// @custom:kind missing
    error NoSuchEntitlement(EntitlementId entitlement);

    /// @notice The entitlement has expired: steps can no longer be opened or added, only refunded.
    /// @custom:kind conflict
    error EntitlementExpired(uint40 expiresAt);

    /// @notice The payment sent with the transaction is not the amount due.
    /// @custom:kind invalid
    error WrongPayment(uint256 expected, uint256 actual);

    /// @notice The token moved less or more than it was asked to. Tokens that charge fees or rebase cannot be used.
    /// @custom:kind invalid
    error TokenAmountMismatch(address token, uint256 expected, uint256 actual);

    /// @notice The token refused the transfer. Check balance and allowance.
    /// @custom:kind conflict
    error TokenTransferFailed(address token);

    /// @notice The receiver refused the payment. Name another receiver; the money stays yours.
    /// @custom:kind conflict
    error ReceiverRefused(address to);

    /// @notice This offer is paid in native money, which nobody can sign away. Send the amount with a plain purchase.
    /// @custom:kind invalid
    error TokenMissing();

    /// @notice This deployment knows no Permit2. Approve the escrow and purchase without it.
    /// @custom:kind invalid
    error Permit2Missing();

    /// @notice Permit2 refused the payment: its signature is out of date, was used, or is not the payer's for exactly this.
    /// @custom:kind conflict
    error Permit2Refused(bytes reason);

    /// @notice Until the entitlement expires, only its buyer can refund steps.
    /// @custom:kind forbidden
    error NotBuyer(address caller, address buyer);

    /// @notice The step is not the next one. Steps are opened and paid strictly in order.
    /// @custom:kind conflict
    error StepNotNext(uint32 step, uint256 expected);

    /// @notice All bought steps are opened. Top up to go on.
    /// @custom:kind conflict
    error StepNotBought(uint32 step, uint24 bought);

    /// @notice Too many steps wait for payment. Finalize the earliest before opening another.
    /// @custom:kind conflict
    error TooManyPending(uint256 pending, uint8 maxPending);

    /// @notice A pending step is under challenge. No step can be opened until that is decided.
    /// @custom:kind conflict
    error ChallengePending(uint8 challenged);

    /// @notice The permit's parent state is not the state of the last claim. Sign a permit that continues from there.
    /// @custom:kind conflict
    error PermitParentMismatch(bytes32 expected, bytes32 actual);

    /// @notice The permit belongs to an earlier epoch: it was cancelled, or a claim was rejected since. Sign a new one.
    /// @custom:kind conflict
    error EpochOutdated(uint32 epoch, uint16 current);

    /// @notice The delegation ended when a claim was rejected. The buyer has to delegate again.
    /// @custom:kind forbidden
    error DelegationOutdated(uint16 generation, uint16 current);

    /// @notice This run has already been used. A run serves one step once: start a new run or attempt.
    /// @custom:kind conflict
    error RunUsed(RunKey runKey);

    /// @notice The step is not open for this run and permit.
    /// @custom:kind conflict
    error StepNotOpen(RunKey runKey);

    /// @notice The open step can still be claimed. Wait until its deadline has passed.
    /// @custom:kind conflict
    error StepNotTimedOut(uint40 claimDeadline);

    /// @notice The time to claim this step is over. It will be voided and can be tried again.
    /// @custom:kind conflict
    error ClaimTooLate(uint40 claimDeadline);

    /// @notice There is no such pending claim: it was paid, rejected or voided, or the reference is wrong.
    /// @custom:kind conflict
    error ClaimNotPending(EntitlementId entitlement, uint32 step, RunKey runKey);

    /// @notice The dispute window of this claim is still open.
    /// @custom:kind conflict
    error WindowOpen(uint40 windowEnd);

    /// @notice The dispute window of this claim has closed.
    /// @custom:kind conflict
    error WindowClosed(uint40 windowEnd);

    /// @notice The claim is under challenge. Wait for the decision.
    /// @custom:kind conflict
    error ClaimChallenged(RunKey runKey);

    /// @notice This kind of challenge has already been made against the claim.
    /// @custom:kind conflict
    error AlreadyChallenged(RunKey runKey);

    /// @notice No such challenge is open.
    /// @custom:kind conflict
    error NotChallenged(RunKey runKey);

    /// @notice The claim is already proven on-chain.
    /// @custom:kind conflict
    error AlreadyProven(RunKey runKey);

    /// @notice The seller's share must be more than nothing and less than the price.
    /// @custom:kind invalid
    error ShareOutOfRange(uint96 sellerShare, uint96 price);

    /// @notice There is nothing to withdraw.
    /// @custom:kind conflict
    error NothingToWithdraw();

    /// @notice Name a receiver.
    /// @custom:kind invalid
    error ReceiverMissing();

    /// @notice The stake cannot be withdrawn yet. Give notice, then wait until the stated time (0: no notice given).
    /// @custom:kind conflict
    error StakeNotWithdrawable(uint40 withdrawableAt);

    // ------------------------------------------------------------------ buyers

    /// @notice Buys steps of a live offer. Emits {Purchased}.
    /// @dev Native offers take the exact amount as value; ERC-20 offers pull it from the caller. The caller pays, the
    /// named buyer owns.
    /// @param terms The offer's terms.
    /// @param buyer Owner of the entitlement.
    /// @param salt Any value not yet used for this offer and buyer.
    /// @param steps Number of steps, 1 to `terms.maxSteps`.
    function purchase(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        uint24 steps
    ) external payable returns (EntitlementId entitlement);

    /// @notice {purchase} in a token with EIP-2612: the caller's signature over the exact amount takes the place of an
    /// approval.
    /// @dev A permit that does not go through is ignored, because anyone can use it first: then its allowance is there.
    function purchaseWithPermit(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        uint24 steps,
        TokenPermit calldata permit
    ) external returns (EntitlementId entitlement);

    /// @notice {purchase} paid through Permit2 by whoever signed: anyone can submit it, for this purchase only.
    /// @dev The payer signs Permit2's `PermitWitnessTransferFrom` over the exact amount, with this contract as spender
    /// and witness `Purchase(offerId, steps, buyer, salt, deadline)`.
    function purchaseWithPermit2(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        uint24 steps,
        Permit2Payment calldata payment
    ) external returns (EntitlementId entitlement);

    /// @notice {topUp} with an EIP-2612 signature; see {purchaseWithPermit}.
    function topUpWithPermit(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        uint24 steps,
        TokenPermit calldata permit
    ) external;

    /// @notice {topUp} through Permit2, with witness `TopUp(offerId, steps, buyer, salt, deadline)`; see
    /// {purchaseWithPermit2}.
    function topUpWithPermit2(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        uint24 steps,
        Permit2Payment calldata payment
    ) external;

    /// @notice Adds steps to an entitlement without moving its expiry. Emits {ToppedUp}.
    function topUp(OfferTerms calldata terms, address buyer, bytes32 salt, uint24 steps) external payable;

    /// @notice Turns unopened steps into the buyer's credit. Emits {Refunded}.
    /// @dev The buyer at any time; anyone once the entitlement has expired. The money is the buyer's either way.
    /// @param steps Number of unopened steps; `type(uint24).max` for all there are.
    function refund(OfferTerms calldata terms, address buyer, bytes32 salt, uint24 steps) external;

    /// @notice Makes every outstanding permit of the caller's entitlement worthless. Emits {PermitsCancelled}.
    function cancelPermits(OfferId offerId, bytes32 salt) external;

    // ------------------------------------------------------------------ anyone

    /// @notice Voids an open step whose claim deadline has passed. Emits {StepTimedOut}.
    /// @param parentHead Head of the chain before the step.
    function timeout(EntitlementId entitlement, RunKey runKey, bytes32 permitHash, bytes32 parentHead) external;

    /// @notice Pays the next claimed step once its dispute window has passed. Emits {StepPaid}.
    function finalize(ClaimedStep calldata claimed, OfferId offerId) external;

    /// @notice {finalize} for many steps of one offer. Reverts as a whole if one cannot be paid.
    function finalizeBatch(ClaimedStep[] calldata claimed, OfferId offerId) external;

    /// @notice Pays the caller's credit in one token to a receiver of the caller's choice. Emits {Withdrawn}.
    /// @param token 0 for native money.
    function withdraw(address token, address to) external returns (uint256 amount);

    // ------------------------------------------------------------------ sellers

    /// @notice Pays the seller's earnings of one offer to a receiver of the seller's choice. Emits {EarningsWithdrawn}.
    function withdrawEarnings(OfferTerms calldata terms, address to) external returns (uint256 amount);

    /// @notice Puts native money behind a published offer. Emits {StakePosted}. Voids a notice, so fresh stake cannot be
    /// pulled at once.
    function postStake(OfferTerms calldata terms) external payable;

    /// @notice Starts the notice period of the stake. Emits {StakeNoticed}. Steps opened after it may find no stake.
    /// @dev `stepTimeout + disputeWindow + max(proofWindow, arbitrationWindow)`: every step opened before is decided by
    /// then. One more `disputeWindow` leaves time to have the decision recorded.
    function noticeStake(OfferTerms calldata terms) external;

    /// @notice Turns the stake into the seller's credit after the notice period. Emits {StakeWithdrawn}.
    function withdrawStake(OfferTerms calldata terms) external;

    // ------------------------------------------------------------------ PermitConsumer only

    /// @notice Opens a step for a run. Emits {StepTimedOut} if it replaces a timed out run; the opening itself is in
    /// PermitConsumer's event.
    /// @return claimDeadline Unix seconds.
    function recordOpening(StepOpening calldata opening) external returns (uint40 claimDeadline);

    // ------------------------------------------------------------------ Settlement only

    /// @notice Records an accepted claim on an open step.
    /// @param maxPending The offer's, which the entitlement has too.
    function recordClaim(
        StepRef calldata ref,
        bytes32 permitHash,
        bytes32 nextHead,
        uint8 maxPending,
        bool proven
    ) external;

    /// @notice Records that a pending claim was proven and closes an open evidence challenge.
    function recordProof(StepRef calldata ref, bool endsWindow) external returns (bool wasChallenged, uint40 windowEnd);

    /// @notice Ends the dispute window of a pending, unchallenged claim now.
    function endWindow(StepRef calldata ref) external returns (uint40 windowEnd);

    /// @notice Opens an evidence challenge; the value is the bond, and stays here until {payBond}.
    function openEvidenceChallenge(StepRef calldata ref) external payable;

    /// @notice Opens a conduct challenge; the value is the bond, and stays here until {payBond}.
    function openConductChallenge(StepRef calldata ref) external payable;

    /// @notice Closes a conduct challenge in the seller's favour.
    function recordUpheld(StepRef calldata ref) external;

    /// @notice Closes a conduct challenge by dividing the step's price.
    function recordSplit(StepRef calldata ref, uint96 sellerShare, address token) external;

    /// @notice Rejects a pending claim and everything after it. Emits {StepRejected}.
    function reject(StepRef calldata ref) external;

    /// @notice Turns a bond held for a challenge into credit.
    function payBond(address to, uint256 amount) external;

    /// @notice Turns up to `amount` of an offer's stake into credit. Emits {StakeSlashed}.
    function slash(OfferId offerId, address to, uint256 amount) external returns (uint256 paid);

    // ------------------------------------------------------------------ views

    /// @notice The stored entitlement; all zero if it does not exist.
    function entitlementOf(EntitlementId entitlement) external view returns (Entitlement memory);

    /// @notice Head of the state chain, or the open marker while a step is open.
    function headOf(EntitlementId entitlement) external view returns (bytes32);

    /// @notice The stored run. It stays as it was when its step is paid or voided: {isOpen} and {isPending} tell what
    /// still counts.
    function runOf(RunKey runKey) external view returns (Run memory);

    /// @notice Whether this run and permit hold the entitlement's open step and can still be claimed.
    function isOpen(
        EntitlementId entitlement,
        RunKey runKey,
        bytes32 permitHash,
        bytes32 parentHead
    ) external view returns (bool);

    /// @notice Whether this claim is accepted and waits for payment or a decision.
    function isPending(StepRef calldata ref) external view returns (bool);

    /// @notice Digest of the claim that is pending for a step ({claimDigestOf}); meaningless for other steps.
    function pendingDigestOf(EntitlementId entitlement, uint32 step) external view returns (bytes32);

    /// @notice What the seller receives when the run's step is paid, if it was split; else 0.
    function splitOf(RunKey runKey) external view returns (uint96 sellerShare, address token);

    /// @notice Withdrawable money of one owner in one token (0: native).
    function creditOf(address token, address owner) external view returns (uint256);

    /// @notice What the seller has earned with one offer and not yet withdrawn.
    function earningsOf(OfferId offerId) external view returns (uint256);

    /// @notice The stake behind an offer.
    function stakeOf(OfferId offerId) external view returns (Stake memory);

    /// @notice Native money held for open challenges.
    function bondsHeld() external view returns (uint256);

    /// @notice Where offers are published.
    function offerRegistry() external view returns (IOfferRegistry);

    /// @notice The only contract that opens steps.
    function permitConsumer() external view returns (address);

    /// @notice The only contract that accepts and rejects claims.
    function settlement() external view returns (address);

    /// @notice Uniswap's Permit2 on this chain; 0 where there is none.
    function permit2() external view returns (ISignatureTransfer);
}
