// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {StepClaim} from "../../../contracts/types/StepClaim.sol";
import {AnsweringAccount, BurningAccount, RevertingAccount, VerboseAccount, WritingAccount} from "../base/Accounts.sol";
import {Hashes} from "../base/Hashes.sol";
import {SignatureForms} from "../base/SignatureForms.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementClaimSignaturesTest is Settling {
    bytes4 private constant AGREED = 0x1626ba7e;
    /// @dev A signer's check may cost 500,000, reading its answer as much again, and the rest the remainder.
    uint256 private constant MOST_GAS = 1_200_000;
    uint256 private constant CLAIM_MEMBERS = 8;

    // ------------------------------------------------------------------ what is approved

    function test_WhenAMemberOfTheClaimIsChangedAfterSigning_RefuseWhicheverItIs() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        bytes memory words = abi.encode(claimed.claim);
        assertEq(words.length, CLAIM_MEMBERS * 32, "members");
        for (uint256 i; i < CLAIM_MEMBERS; ++i) {
            bytes memory changed = bytes.concat(words);
            changed[32 * i + 31] = changed[32 * i + 31] ^ 0x01;
            signed.claim = abi.decode(changed, (StepClaim));
            unapproved(claimed.opened, signed);
        }
    }

    function test_WhenAMemberOfTheApprovalIsChangedAfterSigning_RefuseWhicheverItIs() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        signed.reportHash = REPORT_HASH ^ bytes32(uint256(1));
        unapproved(claimed.opened, signed);
        signed.reportHash = REPORT_HASH;
        signed.evidenceHash = EVIDENCE_HASH ^ bytes32(uint256(1));
        unapproved(claimed.opened, signed);
        signed.evidenceHash = EVIDENCE_HASH;
        signed.deadline = FAR + 1;
        unapproved(claimed.opened, signed);
        signed.deadline = FAR;
        settlement.claim(claimed.opened.entitled.terms, signed);
    }

    function test_WhenTheApprovalIsForAnotherEntitlement_RevertWithApprovalSignatureInvalid() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        Entitled memory other = buy(claimed.opened.entitled.terms, 4);
        unapprovedHash(claimed, signed, Hashes.claimHash(address(settlement), other.id, claimed.claim));
    }

    function test_WhenTheApprovalIsForAnotherChain_RevertWithApprovalSignatureInvalid() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        VM.chainId(8453);
        // The claim's own hash is that of this chain.
        signed.signature = approval(verifier, claimed, FAR);
        VM.chainId(31_337);
        unapproved(claimed.opened, signed);
    }

    function test_WhenTheApprovalIsForAnotherContract_RevertWithApprovalSignatureInvalid() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        signed.signature = signature(
            verifier,
            Hashes.approvalDigest(address(consumer), claimed.ref.claimHash, REPORT_HASH, EVIDENCE_HASH, FAR)
        );
        unapproved(claimed.opened, signed);
    }

    function test_WhenTheClaimBlobNamesAnotherChain_RevertWithApprovalSignatureInvalid() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        VM.chainId(8453);
        bytes32 foreign = claimedOf(claimed.opened, claimed.claim).ref.claimHash;
        VM.chainId(31_337);
        unapprovedHash(claimed, signed, foreign);
    }

    function test_WhenTheClaimBlobNamesAnotherContract_RevertWithApprovalSignatureInvalid() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        bytes32 foreign = Hashes.claimHash(address(consumer), claimed.opened.entitled.id, claimed.claim);
        unapprovedHash(claimed, signed, foreign);
    }

    function test_WhenTheApprovalIsSignedBySomebodyElse_RefuseTheSeller() external {
        unapprovedFrom(seller);
    }

    function test_WhenTheApprovalIsSignedBySomebodyElse_RefuseTheGateway() external {
        unapprovedFrom(gateway);
    }

    function test_WhenTheApprovalIsSignedBySomebodyElse_RefuseTheBuyer() external {
        unapprovedFrom(buyer);
    }

    function test_WhenTheApprovalIsSignedBySomebodyElse_RefuseTheVerifierOfAnotherOffer() external {
        OfferTerms memory terms = defaultTerms();
        terms.verifier = observer;
        publish(terms);
        unapprovedFrom(observer);
    }

    function test_GivenTheChainHasSplitSinceTheDeployment_RefuseWhatWasApprovedForTheOtherSide() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        VM.chainId(8453);
        unapproved(claimed.opened, signed);
    }

    function test_GivenTheChainHasSplitSinceTheDeployment_AcceptWhatIsApprovedForThisSide() external {
        Opened memory opened = open(buy());
        VM.chainId(8453);
        requirePending(claim(opened));
    }

    // ------------------------------------------------------------------ keys

    function test_WhenTheApprovalHasItsUsualForm_Accept() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        assertEq(signed.signature.length, 65, "length");
        accepted(claimed, signed);
    }

    function test_WhenTheApprovalIsMissing_RevertWithApprovalSignatureInvalid() external {
        unapprovedAs("");
    }

    function test_WhenTheApprovalHasTheHighTwinOfS_RevertWithApprovalSignatureInvalid() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        signed.signature = SignatureForms.malleable(signed.signature);
        (bytes32 r, bytes32 s, uint8 v) = SignatureForms.parts(signed.signature);
        bytes32 digest = Hashes.approvalDigest(
            address(settlement),
            claimed.ref.claimHash,
            REPORT_HASH,
            EVIDENCE_HASH,
            FAR
        );
        assertEq(ecrecover(digest, v, r, s), verifier, "the twin's signer");
        unapproved(claimed.opened, signed);
    }

    function test_WhenTheApprovalIsCompact_RevertWithApprovalSignatureInvalid() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        signed.signature = SignatureForms.compact(signed.signature);
        unapproved(claimed.opened, signed);
    }

    function test_WhenTheApprovalHasABareParity_RevertWithApprovalSignatureInvalid() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        signed.signature = SignatureForms.withBareParity(signed.signature);
        unapproved(claimed.opened, signed);
    }

    function test_WhenTheApprovalHasTheOtherParity_RevertWithApprovalSignatureInvalid() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        signed.signature = SignatureForms.withOtherParity(signed.signature);
        unapproved(claimed.opened, signed);
    }

    function test_WhenAByteFollowsTheApproval_RevertWithApprovalSignatureInvalid() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        signed.signature = bytes.concat(signed.signature, hex"00");
        unapproved(claimed.opened, signed);
    }

    function test_WhenTheApprovalIsAllZero_RevertWithApprovalSignatureInvalid() external {
        unapprovedAs(new bytes(65));
    }

    // ------------------------------------------------------------------ contracts

    function test_WhenItAgrees_Accept() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(ownedAccount());
        signed.signature = approval(stranger, claimed, FAR);
        accepted(claimed, signed);
    }

    function test_WhenItsOwnerApprovedAnotherClaim_RevertWithApprovalSignatureInvalid() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(ownedAccount());
        signed.signature = approval(stranger, claimOf(claimed.opened), FAR);
        unapproved(claimed.opened, signed);
    }

    function test_WhenItDoesNotAgree_RevertWithApprovalSignatureInvalid() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(ownedAccount());
        signed.signature = approval(verifier, claimed, FAR);
        unapproved(claimed.opened, signed);
    }

    function test_WhenItAnswersNothing_RevertWithApprovalSignatureInvalid() external {
        unapprovedWithAnswer("");
    }

    function test_WhenItAnswersTheFourBytesAlone_RevertWithApprovalSignatureInvalid() external {
        unapprovedWithAnswer(abi.encodePacked(AGREED));
    }

    function test_WhenItAnswers33Bytes_RevertWithApprovalSignatureInvalid() external {
        unapprovedWithAnswer(bytes.concat(AGREED, new bytes(29)));
    }

    function test_WhenSomethingFollowsTheSelectorInItsAnswer_RevertWithApprovalSignatureInvalid() external {
        unapprovedWithAnswer(bytes.concat(AGREED, new bytes(27), hex"01"));
    }

    function test_WhenItRevertsWithTheRightAnswer_RevertWithApprovalSignatureInvalid() external {
        unapprovedByAccount(address(new RevertingAccount()));
    }

    function test_WhenItWantsToWrite_RevertWithApprovalSignatureInvalid() external {
        unapprovedByAccount(address(new WritingAccount()));
    }

    function test_WhenItsCheckBurnsAllGas_RefuseWithinABoundedAmountOfGas() external {
        unapprovedWithin(address(new BurningAccount()));
    }

    function test_WhenItsAnswerIsVeryLong_RefuseWithinABoundedAmountOfGas() external {
        unapprovedWithin(address(new VerboseAccount()));
    }

    // ------------------------------------------------------------------ delegated code

    function test_WhenItsKeyApprovedAndItsCodeDoesNotAgree_Accept() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        delegateCode(verifier, ownedAccount());
        accepted(claimed, signed);
    }

    function test_WhenItsCodeAgreesToWhatAnotherKeySigned_Accept() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        delegateCode(verifier, ownedAccount());
        signed.signature = approval(stranger, claimed, FAR);
        accepted(claimed, signed);
    }

    // ------------------------------------------------------------------ parts

    /// @dev A claim on an open step of an offer with this verifier, with its approval where it has a key.
    function approvedBy(
        address account
    ) private returns (Claimed memory claimed, ISettlement.SignedClaim memory signed) {
        OfferTerms memory terms = defaultTerms();
        terms.verifier = account;
        publish(terms);
        claimed = claimOf(open(buy(terms, 4)));
        signed = signedClaim(claimed);
    }

    function accepted(Claimed memory claimed, ISettlement.SignedClaim memory signed) private {
        settlement.claim(claimed.opened.entitled.terms, signed);
        claimed.ref.windowEnd = uint40(nowIs()) + DISPUTE_WINDOW;
        requirePending(claimed);
    }

    /// @dev The signature is not taken for the verifier's over this claim.
    function unapproved(Opened memory opened, ISettlement.SignedClaim memory signed) private {
        expectRefusal(invalid(opened, signed));
        settlement.claim(opened.entitled.terms, signed);
    }

    function invalid(Opened memory opened, ISettlement.SignedClaim memory signed) private view returns (bytes memory) {
        return
            abi.encodeWithSelector(
                ISettlement.ApprovalSignatureInvalid.selector,
                opened.entitled.terms.verifier,
                Hashes.claimHash(address(settlement), opened.entitled.id, signed.claim)
            );
    }

    function unapprovedAs(bytes memory form) private {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        signed.signature = form;
        unapproved(claimed.opened, signed);
    }

    function unapprovedHash(Claimed memory claimed, ISettlement.SignedClaim memory signed, bytes32 claimHash) private {
        assertTrue(claimHash != claimed.ref.claimHash, "another blob");
        bytes32 digest = Hashes.approvalDigest(address(settlement), claimHash, REPORT_HASH, EVIDENCE_HASH, FAR);
        signed.signature = signature(verifier, digest);
        unapproved(claimed.opened, signed);
    }

    function unapprovedFrom(address signer) private {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(verifier);
        signed.signature = approval(signer, claimed, FAR);
        unapproved(claimed.opened, signed);
    }

    /// @dev A contract that agrees to what the stranger signs.
    function ownedAccount() private returns (address) {
        return create("SmartAccount", abi.encode(stranger));
    }

    function unapprovedByAccount(address account) private {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(account);
        unapproved(claimed.opened, signed);
        signed.signature = approval(stranger, claimed, FAR);
        unapproved(claimed.opened, signed);
    }

    function unapprovedWithAnswer(bytes memory answer) private {
        unapprovedByAccount(address(new AnsweringAccount(answer)));
        // The same account with the right answer is believed, so the answer made the difference.
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(
            address(new AnsweringAccount(abi.encode(AGREED)))
        );
        accepted(claimed, signed);
    }

    function unapprovedWithin(address account) private {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedBy(account);
        bytes memory call = abi.encodeCall(ISettlement.claim, (claimed.opened.entitled.terms, signed));
        uint256 before = gasleft();
        (bool done, bytes memory answer) = address(settlement).call{gas: 20_000_000}(call);
        uint256 used = before - gasleft();
        assertFalse(done, "claimed");
        assertGe(used, 400_000, "gas that the check took");
        assertLe(used, MOST_GAS, "gas");
        assertEq(answer, invalid(claimed.opened, signed), "answer");
    }

    /// @dev What EIP-7702 leaves at an account: its code is that of another.
    function delegateCode(address account, address to) private {
        VM.etch(account, bytes.concat(hex"ef0100", bytes20(to)));
        assertEq(account.code.length, 23, "delegated");
    }
}
