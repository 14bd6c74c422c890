// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {AnsweringAccount, BurningAccount, RevertingAccount, VerboseAccount, WritingAccount} from "../base/Accounts.sol";
import {Hashes} from "../base/Hashes.sol";
import {SignatureForms} from "../base/SignatureForms.sol";
import {VM} from "../base/Vm.sol";
import {Consuming} from "./Consuming.sol";

contract PermitConsumerConsumeSignaturesTest is Consuming {
    bytes4 private constant AGREED = 0x1626ba7e;
    /// @dev A signer's check may cost 500,000, reading its answer as much again, and the rest the remainder.
    uint256 private constant MOST_GAS = 1_200_000;

    // ------------------------------------------------------------------ what is signed

    function test_WhenAMemberOfThePermitIsChangedAfterSigning_RefuseWhicheverItIs() external {
        Entitled memory entitled = buyForAnyCommit();
        PermitInput memory permit = permitOf(entitled);
        bytes memory signed = signature(buyer, openedOf(entitled, permit).permitHash);
        bytes memory words = abi.encode(permit);
        assertEq(words.length, 14 * 32, "members");
        for (uint256 i; i < 14; ++i) {
            bytes memory changed = bytes.concat(words);
            // The commit is a shorter byte string, which begins its word.
            uint256 place = 32 * i + (i == 5 ? 0 : 31);
            changed[place] = changed[place] ^ 0x01;
            IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit);
            consumption.permit = abi.decode(changed, (PermitInput));
            consumption.signature = signed;
            unsigned(entitled, consumption);
        }
    }

    function test_WhenThePermitWasSignedForAnotherEntitlement_RevertWithPermitSignatureInvalid() external {
        Entitled memory entitled = buy();
        Entitled memory other = buy(entitled.terms, 4);
        PermitInput memory permit = permitOf(entitled);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit);
        consumption.signature = signature(buyer, openedOf(other, permit).permitHash);
        unsigned(entitled, consumption);
    }

    function test_WhenThePermitWasSignedForAnotherChain_RevertWithPermitSignatureInvalid() external {
        Entitled memory entitled = buy();
        VM.chainId(8453);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        VM.chainId(31_337);
        unsigned(entitled, consumption);
    }

    function test_WhenThePermitWasSignedForAnotherContract_RevertWithPermitSignatureInvalid() external {
        Entitled memory entitled = buy();
        PermitInput memory permit = permitOf(entitled);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit);
        consumption.signature = signature(
            buyer,
            Hashes.permitDigest(address(settlement), entitled.id, entitled.terms, permit)
        );
        unsigned(entitled, consumption);
    }

    function test_WhenThePermitWasSignedBySomebodyElseInTheBuyersName_RevertWithPermitSignatureInvalid() external {
        Entitled memory entitled = buy();
        PermitInput memory permit = permitOf(entitled);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit, stranger);
        consumption.signer = buyer;
        unsigned(entitled, consumption);
    }

    function test_GivenTheChainHasSplitSinceTheDeployment_RefuseWhatWasSignedForTheOtherSide() external {
        Entitled memory entitled = buy();
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        VM.chainId(8453);
        unsigned(entitled, consumption);
    }

    function test_GivenTheChainHasSplitSinceTheDeployment_OpenWithWhatIsSignedForThisSide() external {
        Entitled memory entitled = buy();
        VM.chainId(8453);
        requireOpen(open(entitled));
    }

    // ------------------------------------------------------------------ keys

    function test_WhenTheSignatureHasItsUsualForm_Open() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        assertEq(consumption.signature.length, 65, "length");
        consumed(entitled, consumption);
    }

    function test_WhenTheSignatureIsMissing_RevertWithPermitSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        consumption.signature = "";
        unsigned(entitled, consumption);
    }

    function test_WhenTheSignatureHasTheHighTwinOfS_RevertWithPermitSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        consumption.signature = SignatureForms.malleable(consumption.signature);
        (bytes32 r, bytes32 s, uint8 v) = SignatureForms.parts(consumption.signature);
        assertEq(ecrecover(openedOf(entitled, consumption.permit).permitHash, v, r, s), buyer, "the twin's signer");
        unsigned(entitled, consumption);
    }

    function test_WhenTheSignatureIsCompact_RevertWithPermitSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        consumption.signature = SignatureForms.compact(consumption.signature);
        unsigned(entitled, consumption);
    }

    function test_WhenTheSignatureHasABareParity_RevertWithPermitSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        consumption.signature = SignatureForms.withBareParity(consumption.signature);
        unsigned(entitled, consumption);
    }

    function test_WhenTheSignatureHasTheOtherParity_RevertWithPermitSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        consumption.signature = SignatureForms.withOtherParity(consumption.signature);
        unsigned(entitled, consumption);
    }

    function test_WhenAByteFollowsTheSignature_RevertWithPermitSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        consumption.signature = bytes.concat(consumption.signature, hex"00");
        unsigned(entitled, consumption);
    }

    function test_WhenTheSignatureIsAllZero_RevertWithPermitSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        consumption.signature = new bytes(65);
        unsigned(entitled, consumption);
    }

    // ------------------------------------------------------------------ contracts

    function test_WhenItAgrees_Open() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(ownedAccount());
        consumption.signature = signature(stranger, openedOf(entitled, consumption.permit).permitHash);
        consumed(entitled, consumption);
    }

    function test_WhenItsOwnerSignedForAnotherPermit_RevertWithPermitSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(ownedAccount());
        consumption.signature = signature(stranger, openedOf(entitled, permitOf(entitled)).permitHash);
        unsigned(entitled, consumption);
    }

    function test_WhenItDoesNotAgree_RevertWithPermitSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(ownedAccount());
        consumption.signature = signature(buyer, openedOf(entitled, consumption.permit).permitHash);
        unsigned(entitled, consumption);
    }

    function test_WhenItAnswersNothing_RevertWithPermitSignatureInvalid() external {
        unsignedWithAnswer("");
    }

    function test_WhenItAnswersTheFourBytesAlone_RevertWithPermitSignatureInvalid() external {
        unsignedWithAnswer(abi.encodePacked(AGREED));
    }

    function test_WhenItAnswers31Bytes_RevertWithPermitSignatureInvalid() external {
        unsignedWithAnswer(bytes.concat(AGREED, new bytes(27)));
    }

    function test_WhenItAnswers33Bytes_RevertWithPermitSignatureInvalid() external {
        unsignedWithAnswer(bytes.concat(AGREED, new bytes(29)));
    }

    function test_WhenItAnswers64Bytes_RevertWithPermitSignatureInvalid() external {
        unsignedWithAnswer(bytes.concat(AGREED, new bytes(60)));
    }

    function test_WhenItAnswersTrue_RevertWithPermitSignatureInvalid() external {
        unsignedWithAnswer(abi.encode(true));
    }

    function test_WhenSomethingFollowsTheSelectorInItsAnswer_RevertWithPermitSignatureInvalid() external {
        unsignedWithAnswer(bytes.concat(AGREED, new bytes(27), hex"01"));
    }

    function test_WhenItRevertsWithTheRightAnswer_RevertWithPermitSignatureInvalid() external {
        unsignedBy(address(new RevertingAccount()));
    }

    function test_WhenItWantsToWrite_RevertWithPermitSignatureInvalid() external {
        unsignedBy(address(new WritingAccount()));
    }

    function test_WhenItHasNoSuchFunction_RevertWithPermitSignatureInvalid() external {
        unsignedBy(address(token));
    }

    function test_WhenItsCheckBurnsAllGas_RefuseWithinABoundedAmountOfGas() external {
        unsignedWithin(address(new BurningAccount()));
    }

    function test_WhenItsAnswerIsVeryLong_RefuseWithinABoundedAmountOfGas() external {
        unsignedWithin(address(new VerboseAccount()));
    }

    // ------------------------------------------------------------------ delegated code

    function test_WhenItsKeySignedAndItsCodeKnowsNoSignatures_Open() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        delegateCode(buyer, address(token));
        consumed(entitled, consumption);
    }

    function test_WhenItsKeySignedAndItsCodeDoesNotAgree_Open() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        delegateCode(buyer, ownedAccount());
        consumed(entitled, consumption);
    }

    function test_WhenItsKeySignedAndItsCodeBurnsAllGas_Open() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        delegateCode(buyer, address(new BurningAccount()));
        consumed(entitled, consumption);
    }

    function test_WhenItsCodeAgreesToWhatAnotherKeySigned_Open() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        delegateCode(buyer, ownedAccount());
        consumption.signature = signature(stranger, openedOf(entitled, consumption.permit).permitHash);
        consumed(entitled, consumption);
    }

    function test_WhenNeitherItsKeyNorItsCodeAgrees_RevertWithPermitSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(buyer);
        delegateCode(buyer, ownedAccount());
        consumption.signature = signature(seller, openedOf(entitled, consumption.permit).permitHash);
        unsigned(entitled, consumption);
    }

    // ------------------------------------------------------------------ nobody

    function test_GivenTheBuyerIsAPrecompile_RefuseEverySignature() external {
        for (uint160 i = 1; i <= 0x11; ++i) unsignedByPrecompile(address(i));
        unsignedByPrecompile(address(0x100));
    }

    /// @dev Some precompile of some chain may answer with what it was sent.
    function test_GivenTheBuyerIsAPrecompile_NotAskIt() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(address(4));
        VM.expectCall(address(4), abi.encodePacked(AGREED), 0);
        unsigned(entitled, consumption);
    }

    function test_WhenTheZeroAddressIsSaidToHaveSignedAsBuyer_RevertWithPermitSignatureInvalid() external {
        Entitled memory entitled = entitledOf(publish(), address(0), fresh("nobody's"));
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        unsigned(entitled, consumption);
        // For these ecrecover answers the zero address.
        consumption.signature = new bytes(65);
        unsigned(entitled, consumption);
        consumption.signature = bytes.concat(new bytes(64), bytes1(uint8(27)));
        unsigned(entitled, consumption);
    }

    // ------------------------------------------------------------------ parts

    function boughtBy(
        address account
    ) private returns (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) {
        entitled = buyFor(publish(), account, 4);
        consumption = signedPermit(entitled, permitOf(entitled));
    }

    /// @dev A contract that agrees to what the stranger signs.
    function ownedAccount() private returns (address) {
        return create("SmartAccount", abi.encode(stranger));
    }

    function unsignedBy(address account) private {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(account);
        unsigned(entitled, consumption);
        consumption.signature = signature(stranger, openedOf(entitled, consumption.permit).permitHash);
        unsigned(entitled, consumption);
    }

    function unsignedWithAnswer(bytes memory answer) private {
        unsignedBy(address(new AnsweringAccount(answer)));
        // The same account with the right answer is believed, so the answer made the difference.
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(
            address(new AnsweringAccount(abi.encode(AGREED)))
        );
        consumed(entitled, consumption);
    }

    function unsignedWithin(address account) private {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(account);
        bytes memory call = abi.encodeCall(IPermitConsumer.consume, (entitled.terms, consumption));
        VM.prank(gateway);
        uint256 before = gasleft();
        (bool done, bytes memory answer) = address(consumer).call{gas: 20_000_000}(call);
        uint256 used = before - gasleft();
        assertFalse(done, "consumed");
        assertGe(used, 400_000, "gas that the check took");
        assertLe(used, MOST_GAS, "gas");
        assertEq(answer, invalidSignature(entitled, consumption), "answer");
    }

    function unsignedByPrecompile(address account) private {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = boughtBy(account);
        bytes32 permitHash = openedOf(entitled, consumption.permit).permitHash;
        unsigned(entitled, consumption);
        consumption.signature = signature(buyer, permitHash);
        unsigned(entitled, consumption);
        consumption.signature = bytes.concat(AGREED, new bytes(28));
        unsigned(entitled, consumption);
        // Long enough for those that take numbers or points.
        consumption.signature = bytes.concat(permitHash, new bytes(160));
        unsigned(entitled, consumption);
    }

    /// @dev What EIP-7702 leaves at an account: its code is that of another.
    function delegateCode(address account, address to) private {
        VM.etch(account, bytes.concat(hex"ef0100", bytes20(to)));
        assertEq(account.code.length, 23, "delegated");
    }
}
