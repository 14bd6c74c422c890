// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {EntitlementId} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Consuming} from "./Consuming.sol";

contract PermitConsumerViewsTest is Consuming {
    function test_WhenHashPermitIsAsked_AnswerTheDigestOfAnyPermit(
        PermitInput memory permit,
        address owner,
        bytes32 salt
    ) external {
        requireSameHash(entitledOf(defaultTerms(), owner, salt), permit);
    }

    function test_WhenHashPermitIsAsked_DependOnTheTermsThroughEntitlementGatewayCommitAndPolicy(
        OfferTerms memory terms
    ) external {
        Entitled memory entitled = entitledOf(terms, buyer, fresh("entitlement"));
        requireSameHash(entitled, permitOf(entitled));
    }

    function test_WhenHashPermitIsAsked_AnswerForAChainThatHasSplit(uint64 chainId) external {
        VM.assume(chainId != 0);
        Entitled memory entitled = entitledOf(defaultTerms(), buyer, fresh("entitlement"));
        VM.chainId(chainId);
        requireSameHash(entitled, permitOf(entitled));
    }

    function test_WhenDelegateOfIsAsked_AnswerNothingForAnAccountThatIsNoDelegate(
        EntitlementId id,
        address account
    ) external view {
        assertEq(
            abi.encode(consumer.delegateOf(id, account)),
            abi.encode(IPermitConsumer.DelegateRecord(0, 0, 0)),
            "delegation"
        );
    }

    function test_WhenIsNonceBurntIsAsked_AnswerNoForANonceNeverUsed(address owner, bytes32 nonce) external view {
        assertFalse(consumer.isNonceBurnt(owner, nonce), "burnt");
    }

    function test_WhenEscrowIsAsked_AnswerTheLedger() external view {
        assertEq(address(consumer.escrow()), address(escrow), "ledger");
    }

    function test_WhenEip712DomainIsAsked_AnswerNameVersionChainAndContract() external view {
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        ) = consumer.eip712Domain();
        // Name, version, chain id and contract are there, a salt is not.
        assertEq(bytes32(fields), bytes32(bytes1(0x0f)), "fields");
        assertEq(name, "Pawl PermitConsumer", "name");
        assertEq(version, "1", "version");
        assertEq(chainId, 31_337, "chain");
        assertEq(verifyingContract, address(consumer), "contract");
        assertEq(salt, 0, "salt");
        assertEq(extensions.length, 0, "extensions");
    }

    function test_WhenEip712DomainIsAsked_AnswerTheChainAsItIsAfterASplit() external {
        VM.chainId(8453);
        (, , , uint256 chainId, , , ) = consumer.eip712Domain();
        assertEq(chainId, 8453, "chain");
    }

    function test_WhenEip712DomainIsAsked_DescribeTheDomainThatPermitsAreSignedUnder() external {
        (, string memory name, , , address verifyingContract, , ) = consumer.eip712Domain();
        Entitled memory entitled = entitledOf(defaultTerms(), buyer, fresh("entitlement"));
        PermitInput memory permit = permitOf(entitled);
        assertEq(name, "Pawl PermitConsumer", "name that Hashes uses");
        assertEq(
            Hashes.permitDigest(verifyingContract, entitled.id, entitled.terms, permit),
            consumer.hashPermit(entitled.terms, buyer, entitled.salt, permit),
            "permit hash"
        );
    }

    function requireSameHash(Entitled memory entitled, PermitInput memory permit) private view {
        assertEq(
            consumer.hashPermit(entitled.terms, entitled.buyer, entitled.salt, permit),
            Hashes.permitDigest(address(consumer), entitled.id, entitled.terms, permit),
            "permit hash"
        );
    }
}
