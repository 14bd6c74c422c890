// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {Delegation} from "../../../contracts/types/Delegation.sol";
import {EntitlementId, OfferId, RunKey} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Permit2Payment, TokenPermit} from "../../../contracts/types/Payment.sol";
import {ClaimedStep, StepClaim} from "../../../contracts/types/StepClaim.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Deployment} from "./Deployment.sol";
import {Hashes} from "./Hashes.sol";
import {VM} from "./Vm.sol";

/// @notice One deployment, the people of a trade, and its moves as functions: a test tells only what is special.
/// @dev A move that needs several steps (open, claimed) makes them all through the contracts, as in real life. A test
/// that expects a refusal prepares first and makes the refused call last.
abstract contract World is Deployment {
    /// @dev An entitlement and what its id was made of.
    struct Entitled {
        OfferTerms terms;
        OfferId offerId;
        address buyer;
        bytes32 salt;
        EntitlementId id;
    }

    /// @dev A step whose permit was consumed, or could be.
    struct Opened {
        Entitled entitled;
        PermitInput permit;
        bytes32 permitHash;
        RunKey runKey;
        bytes32 parentHead;
    }

    /// @dev A claim on an open step. `ref` is how the contracts are told which one.
    struct Claimed {
        Opened opened;
        StepClaim claim;
        ClaimedStep ref;
    }

    uint64 internal constant FAR = 2 ** 39;
    uint96 internal constant PRICE = 1000;
    uint32 internal constant STEP_TIMEOUT = 100;
    uint32 internal constant DISPUTE_WINDOW = 50;
    uint32 internal constant PROOF_WINDOW = 70;
    uint32 internal constant ARBITRATION_WINDOW = 90;
    uint96 internal constant CONDUCT_BOND = 500;
    uint96 internal constant ARBITER_FEE = 200;
    uint40 internal constant TTL = 100_000;
    bytes internal constant POLICY = hex"7b2276223a317d"; // {"v":1}
    bytes32 internal constant REPORT_HASH = keccak256("report");
    bytes32 internal constant EVIDENCE_HASH = keccak256("evidence");

    address internal seller = person("seller");
    address internal buyer = person("buyer");
    address internal gateway = person("gateway");
    address internal verifier = person("verifier");
    address internal observer = person("observer");
    address internal arbiter = person("arbiter");
    address internal delegate = person("delegate");
    address internal stranger = person("stranger");

    mapping(address account => uint256) private _keys;
    uint256 private _counter;

    // ------------------------------------------------------------------ people and chance

    /// @dev A named account that can sign and has native money.
    function person(string memory name) internal returns (address account) {
        uint256 key = uint256(keccak256(bytes(name)));
        account = VM.addr(key);
        _keys[account] = key;
        VM.label(account, name);
        VM.deal(account, 1000 ether);
    }

    function signature(address signer, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(_keys[signer], digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev A word that no other call has returned.
    function fresh(string memory what) internal returns (bytes32) {
        return keccak256(abi.encode(what, ++_counter));
    }

    function nowIs() internal view returns (uint256) {
        return VM.getBlockTimestamp();
    }

    function pass(uint256 time) internal {
        VM.warp(nowIs() + time);
    }

    // ------------------------------------------------------------------ offers and purchases

    function defaultTerms() internal returns (OfferTerms memory terms) {
        terms.seller = seller;
        terms.price = PRICE;
        terms.maxSteps = 100;
        terms.maxPending = 4;
        terms.validUntil = uint40(FAR);
        terms.entitlementTtl = TTL;
        terms.stepTimeout = STEP_TIMEOUT;
        terms.disputeWindow = DISPUTE_WINDOW;
        terms.proofWindow = PROOF_WINDOW;
        terms.arbitrationWindow = ARBITRATION_WINDOW;
        terms.conductBond = CONDUCT_BOND;
        terms.arbiterFee = ARBITER_FEE;
        terms.gateway = gateway;
        terms.verifier = verifier;
        terms.arbiter = arbiter;
        terms.signerWorkflow = keccak256("workflow");
        terms.signerCommit = bytes20(uint160(0x1111111111111111111111111111111111111111));
        terms.sourceCommit = bytes20(uint160(0x2222222222222222222222222222222222222222));
        terms.policyHash = sha256(POLICY);
        terms.runnerTier = 1;
        terms.provable = true;
        terms.salt = fresh("offer");
    }

    /// @dev Terms that leave the source commit to the permit, as no provable offer can.
    function termsOfAnyCommit() internal returns (OfferTerms memory terms) {
        terms = defaultTerms();
        terms.provable = false;
        terms.sourceCommit = 0;
    }

    /// @dev Four steps of such an offer.
    function buyForAnyCommit() internal returns (Entitled memory) {
        OfferTerms memory terms = termsOfAnyCommit();
        publish(terms);
        return buy(terms, 4);
    }

    /// @dev Default terms of an offer whose steps nobody can rule on.
    function termsWithoutArbiter() internal returns (OfferTerms memory terms) {
        terms = defaultTerms();
        terms.arbiter = address(0);
        terms.arbitrationWindow = 0;
        terms.conductBond = 0;
        terms.arbiterFee = 0;
    }

    function publish(OfferTerms memory terms) internal returns (OfferId) {
        VM.prank(terms.seller);
        return registry.publish(terms, POLICY);
    }

    function publish() internal returns (OfferTerms memory terms) {
        terms = defaultTerms();
        publish(terms);
    }

    function entitledOf(OfferTerms memory terms, address owner, bytes32 salt) internal pure returns (Entitled memory) {
        OfferId offerId = Hashes.offerId(terms);
        return Entitled(terms, offerId, owner, salt, Hashes.entitlementId(offerId, owner, salt));
    }

    /// @dev The buyer pays for steps of a published offer.
    function buy(OfferTerms memory terms, uint24 steps) internal returns (Entitled memory) {
        return buyFor(terms, buyer, steps);
    }

    /// @dev The buyer's account pays; `owner` gets the entitlement.
    function buyFor(OfferTerms memory terms, address owner, uint24 steps) internal returns (Entitled memory entitled) {
        entitled = entitledOf(terms, owner, fresh("entitlement"));
        uint256 amount = uint256(terms.price) * steps;
        bool native = terms.token == address(0);
        if (!native) fund(buyer, amount);
        VM.prank(buyer);
        escrow.purchase{value: native ? amount : 0}(terms, owner, entitled.salt, steps);
    }

    /// @dev Four steps of a published offer with default terms.
    function buy() internal returns (Entitled memory) {
        return buy(publish(), 4);
    }

    /// @dev Play money for somebody, which the escrow may pull.
    function fund(address account, uint256 amount) internal {
        token.mint(account, amount);
        VM.prank(account);
        token.approve(address(escrow), amount);
    }

    /// @dev The payer's EIP-2612 signature over an allowance of the price of some steps.
    function tokenPermit(
        OfferTerms memory terms,
        address payer,
        uint24 steps
    ) internal view returns (TokenPermit memory permit) {
        uint256 value = uint256(terms.price) * steps;
        uint256 nonce = token.nonces(payer);
        bytes32 digest = Hashes.tokenPermitDigest(terms.token, payer, address(escrow), value, nonce, FAR);
        permit.deadline = FAR;
        (permit.v, permit.r, permit.s) = VM.sign(_keys[payer], digest);
    }

    /// @dev The buyer's payment of a purchase by Permit2. `entitled` need not exist yet.
    function purchasePayment(Entitled memory entitled, uint24 steps) internal returns (Permit2Payment memory payment) {
        payment = Permit2Payment(buyer, ++_counter, FAR, "");
        bytes32 witness = witnessOf("Purchase", entitled, steps);
        bytes memory permitted = permittedOf(entitled.terms, steps);
        payment.signature = signature(
            buyer,
            Hashes.purchasePaymentDigest(address(permit2), permitted, address(escrow), payment.nonce, FAR, witness)
        );
    }

    /// @dev The buyer's payment of a top-up by Permit2.
    function topUpPayment(Entitled memory entitled, uint24 steps) internal returns (Permit2Payment memory payment) {
        payment = Permit2Payment(buyer, ++_counter, FAR, "");
        bytes32 witness = witnessOf("TopUp", entitled, steps);
        bytes memory permitted = permittedOf(entitled.terms, steps);
        payment.signature = signature(
            buyer,
            Hashes.topUpPaymentDigest(address(permit2), permitted, address(escrow), payment.nonce, FAR, witness)
        );
    }

    function permittedOf(OfferTerms memory terms, uint24 steps) private pure returns (bytes memory) {
        return Hashes.permitted(terms.token, uint256(terms.price) * steps);
    }

    function witnessOf(string memory kind, Entitled memory entitled, uint24 steps) private pure returns (bytes32) {
        return Hashes.paymentWitness(kind, entitled.offerId, steps, entitled.buyer, entitled.salt, FAR);
    }

    // ------------------------------------------------------------------ permits

    /// @dev A permit for a fresh run of the first step.
    function permitOf(Entitled memory) internal returns (PermitInput memory permit) {
        permit.step = 1;
        permit.repositoryId = 77;
        permit.runId = uint64(1000 + ++_counter);
        permit.runAttempt = 1;
        permit.sourceCommit = bytes20(uint160(0x2222222222222222222222222222222222222222));
        permit.inputHash = fresh("input");
        permit.workerKey = fresh("worker");
        permit.salt = fresh("permit");
        permit.deadline = FAR;
    }

    /// @dev A permit for a fresh run of the step after `parent`.
    function permitAfter(Claimed memory parent) internal returns (PermitInput memory permit) {
        permit = permitOf(parent.opened.entitled);
        permit.step = parent.ref.step + 1;
        permit.parentStateCommitment = parent.claim.nextStateCommitment;
        permit.parentNetCommitment = parent.claim.nextNetCommitment;
    }

    function openedOf(Entitled memory entitled, PermitInput memory permit) internal view returns (Opened memory) {
        return
            Opened({
                entitled: entitled,
                permit: permit,
                permitHash: Hashes.permitDigest(address(consumer), entitled.id, entitled.terms, permit),
                runKey: Hashes.runKey(entitled.terms.gateway, permit),
                parentHead: Hashes.head(permit.parentStateCommitment, permit.parentNetCommitment)
            });
    }

    /// @dev A permit with the buyer's signature, and the observer's where the offer names one.
    function signedPermit(
        Entitled memory entitled,
        PermitInput memory permit
    ) internal view returns (IPermitConsumer.Consumption memory) {
        return signedPermit(entitled, permit, entitled.buyer);
    }

    function signedPermit(
        Entitled memory entitled,
        PermitInput memory permit,
        address signer
    ) internal view returns (IPermitConsumer.Consumption memory consumption) {
        Opened memory opened = openedOf(entitled, permit);
        consumption.buyer = entitled.buyer;
        consumption.salt = entitled.salt;
        consumption.permit = permit;
        consumption.signer = signer;
        if (_keys[signer] != 0) consumption.signature = signature(signer, opened.permitHash);
        if (_keys[entitled.terms.observer] != 0) {
            consumption.observerSignature = observation(entitled.terms.observer, opened);
        }
    }

    /// @dev An observer's signature over the run of a permit.
    function observation(address signer, Opened memory opened) internal view returns (bytes memory) {
        bytes32 digest = Hashes.observationDigest(address(consumer), opened.runKey, opened.permit.observationHash);
        return signature(signer, digest);
    }

    /// @dev The offer's gateway consumes.
    function consume(Entitled memory entitled, IPermitConsumer.Consumption memory consumption) internal {
        VM.prank(entitled.terms.gateway);
        consumer.consume(entitled.terms, consumption);
    }

    function open(Entitled memory entitled, PermitInput memory permit) internal returns (Opened memory) {
        consume(entitled, signedPermit(entitled, permit));
        return openedOf(entitled, permit);
    }

    /// @dev Opens the first step.
    function open(Entitled memory entitled) internal returns (Opened memory) {
        return open(entitled, permitOf(entitled));
    }

    /// @dev Opens the step after a claimed one.
    function openAfter(Claimed memory parent) internal returns (Opened memory) {
        return open(parent.opened.entitled, permitAfter(parent));
    }

    /// @dev What a buyer signs to let another key sign permits.
    function delegationOf(Entitled memory entitled, address to) internal returns (Delegation memory) {
        return
            Delegation({
                entitlement: entitled.id,
                delegate: to,
                lastStep: 2,
                validUntil: FAR,
                generation: 0,
                nonce: fresh("nonce"),
                deadline: FAR
            });
    }

    function timeout(Opened memory opened) internal {
        escrow.timeout(opened.entitled.id, opened.runKey, opened.permitHash, opened.parentHead);
    }

    // ------------------------------------------------------------------ claims

    /// @dev A claim with fresh contents on an open step.
    function claimOf(Opened memory opened) internal returns (Claimed memory claimed) {
        StepClaim memory says = StepClaim({
            step: opened.permit.step,
            permitHash: opened.permitHash,
            certificateHash: fresh("certificate"),
            resultHash: fresh("result"),
            bundleHash: fresh("bundle"),
            nextStateCommitment: fresh("state"),
            nextNetCommitment: fresh("net"),
            transcriptRoot: fresh("transcript")
        });
        return claimedOf(opened, says);
    }

    function claimedOf(Opened memory opened, StepClaim memory says) internal view returns (Claimed memory claimed) {
        claimed.opened = opened;
        claimed.claim = says;
        claimed.ref = ClaimedStep({
            buyer: opened.entitled.buyer,
            salt: opened.entitled.salt,
            step: says.step,
            runKey: opened.runKey,
            claimHash: Hashes.claimHash(address(settlement), opened.entitled.id, says),
            parentHead: opened.parentHead,
            windowEnd: 0
        });
    }

    /// @dev A claim as the ledger is told about it.
    function stepRefOf(Claimed memory claimed) internal pure returns (IEscrow.StepRef memory) {
        ClaimedStep memory ref = claimed.ref;
        return
            IEscrow.StepRef({
                entitlement: claimed.opened.entitled.id,
                step: ref.step,
                runKey: ref.runKey,
                claimHash: ref.claimHash,
                parentHead: ref.parentHead,
                windowEnd: ref.windowEnd
            });
    }

    /// @dev A claim with the verifier's approval.
    function signedClaim(Claimed memory claimed) internal view returns (ISettlement.SignedClaim memory signed) {
        signed.buyer = claimed.ref.buyer;
        signed.salt = claimed.ref.salt;
        signed.runKey = claimed.ref.runKey;
        signed.parentHead = claimed.ref.parentHead;
        signed.claim = claimed.claim;
        signed.reportHash = REPORT_HASH;
        signed.evidenceHash = EVIDENCE_HASH;
        signed.deadline = FAR;
        signed.evidenceLocator = "https://evidence.test/1";
        signed.signature = approval(claimed.opened.entitled.terms.verifier, claimed, FAR);
    }

    /// @dev A signature over the approval of a claim.
    function approval(address signer, Claimed memory claimed, uint64 deadline) internal view returns (bytes memory) {
        if (_keys[signer] == 0) return "";
        bytes32 claimHash = claimed.ref.claimHash;
        return
            signature(
                signer,
                Hashes.approvalDigest(address(settlement), claimHash, REPORT_HASH, EVIDENCE_HASH, deadline)
            );
    }

    /// @dev The verifier approves a claim on an open step and somebody submits it.
    function claim(Opened memory opened) internal returns (Claimed memory claimed) {
        claimed = claimOf(opened);
        VM.prank(stranger);
        settlement.claim(opened.entitled.terms, signedClaim(claimed));
        claimed.ref.windowEnd = uint40(nowIs()) + opened.entitled.terms.disputeWindow;
    }

    /// @dev First step, opened and claimed.
    function claim(Entitled memory entitled) internal returns (Claimed memory) {
        return claim(open(entitled));
    }

    /// @dev The step after `parent`, opened and claimed.
    function claimAfter(Claimed memory parent) internal returns (Claimed memory) {
        return claim(openAfter(parent));
    }

    /// @dev What the attestation of a claim says, given when its step was opened.
    function factsOf(Claimed memory claimed, uint40 openedAt) internal pure returns (IEvidenceVerifier.Facts memory) {
        OfferTerms memory terms = claimed.opened.entitled.terms;
        PermitInput memory permit = claimed.opened.permit;
        return
            IEvidenceVerifier.Facts({
                claimHash: claimed.ref.claimHash,
                certificateHash: claimed.claim.certificateHash,
                resultHash: claimed.claim.resultHash,
                bundleHash: claimed.claim.bundleHash,
                signerWorkflow: terms.signerWorkflow,
                signerCommit: terms.signerCommit,
                callerWorkflow: terms.callerWorkflow,
                repositoryId: permit.repositoryId,
                sourceOwnerId: terms.sourceOwnerId,
                sourceCommit: permit.sourceCommit,
                runId: permit.runId,
                runAttempt: permit.runAttempt,
                openedAt: openedAt
            });
    }

    /// @dev What the evidence double takes for a proof of this claim, logged at `logTime`.
    function provenClaim(
        Claimed memory claimed,
        uint64 logTime
    ) internal view returns (ISettlement.ProvenClaim memory proven) {
        uint40 openedAt = escrow.runOf(claimed.ref.runKey).openedAt;
        proven.buyer = claimed.ref.buyer;
        proven.salt = claimed.ref.salt;
        proven.claim = claimed.claim;
        proven.permit = claimed.opened.permit;
        proven.proof = abi.encode(keccak256(abi.encode(factsOf(claimed, openedAt))), logTime);
        proven.evidenceHash = EVIDENCE_HASH;
    }

    /// @dev A proof that was logged when the step was opened.
    function provenClaim(Claimed memory claimed) internal view returns (ISettlement.ProvenClaim memory) {
        return provenClaim(claimed, escrow.runOf(claimed.ref.runKey).openedAt);
    }

    function claimWithProof(Opened memory opened) internal returns (Claimed memory claimed) {
        claimed = claimOf(opened);
        OfferTerms memory terms = opened.entitled.terms;
        settlement.claimWithProof(terms, provenClaim(claimed));
        claimed.ref.windowEnd = uint40(nowIs()) + (terms.arbiter == address(0) ? 0 : terms.disputeWindow);
    }

    function prove(Claimed memory claimed) internal {
        OfferTerms memory terms = claimed.opened.entitled.terms;
        settlement.prove(terms, provenClaim(claimed), claimed.ref.windowEnd);
        if (terms.arbiter == address(0)) endWindow(claimed);
    }

    /// @dev From now on the contracts know the claim by the end that its window was brought forward to.
    function endWindow(Claimed memory claimed) internal view {
        if (nowIs() < claimed.ref.windowEnd) claimed.ref.windowEnd = uint40(nowIs());
    }

    /// @dev A signature over the acknowledgement of a claim.
    function acknowledgement(address signer, Claimed memory claimed) internal view returns (bytes memory) {
        EntitlementId id = claimed.opened.entitled.id;
        ClaimedStep memory ref = claimed.ref;
        return signature(signer, Hashes.acknowledgementDigest(address(settlement), id, ref.step, ref.claimHash));
    }

    /// @dev The buyer agrees to payment.
    function acknowledge(Claimed memory claimed) internal {
        VM.prank(claimed.ref.buyer);
        settlement.acknowledge(claimed.opened.entitled.terms, claimed.ref, "");
        endWindow(claimed);
    }

    function finalize(Claimed memory claimed) internal {
        escrow.finalize(claimed.ref, claimed.opened.entitled.offerId);
    }

    /// @dev First step, opened, claimed, acknowledged and paid.
    function paid(Entitled memory entitled) internal returns (Claimed memory claimed) {
        claimed = claim(entitled);
        acknowledge(claimed);
        finalize(claimed);
    }

    // ------------------------------------------------------------------ challenges

    /// @dev A stranger demands a proof, with the least bond at a base fee of 0.
    function challengeEvidence(Claimed memory claimed) internal {
        VM.prank(stranger);
        settlement.challengeEvidence{value: MIN_BOND}(claimed.opened.entitled.terms, claimed.ref);
    }

    /// @dev The buyer objects.
    function challengeConduct(Claimed memory claimed) internal {
        OfferTerms memory terms = claimed.opened.entitled.terms;
        VM.prank(claimed.ref.buyer);
        settlement.challengeConduct{value: terms.conductBond}(terms, claimed.ref, keccak256("statement"), "");
    }

    function rule(Claimed memory claimed, ISettlement.Ruling ruling, uint96 sellerShare) internal {
        OfferTerms memory terms = claimed.opened.entitled.terms;
        VM.prank(terms.arbiter);
        settlement.rule(terms, claimed.ref, ruling, sellerShare);
    }

    function rejectUnproven(Claimed memory claimed) internal {
        settlement.rejectUnproven(claimed.opened.entitled.terms, claimed.ref);
    }

    function rejectUnruled(Claimed memory claimed) internal {
        settlement.rejectUnruled(claimed.opened.entitled.terms, claimed.ref);
    }

    /// @dev The buyer objects and the arbiter agrees: the step and all later pending ones are voided.
    function reject(Claimed memory claimed) internal {
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Rejected, 0);
    }
}
