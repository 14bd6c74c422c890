// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {EntitlementId} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Paying} from "./Paying.sol";

/// @notice What the three ways to purchase have in common.
abstract contract Purchasing is Paying {
    function ordered(OfferTerms memory terms, address owner) internal override returns (Entitled memory) {
        return entitledOf(terms, owner, fresh("entitlement"));
    }

    function refusesNoBuyer() internal {
        Entitled memory entitled = ordered(published(tokenTerms()), address(0));
        refuses(payment(entitled, 1), IEscrow.BuyerMissing.selector);
    }

    function refusesNoSteps() internal {
        refusesSteps(ordered(), 0, 100);
    }

    function refusesOneStepTooMany() internal {
        refusesSteps(ordered(), 101, 100);
    }

    function sellsAsManyAsTheOfferAllows() internal {
        Entitled memory entitled = ordered();
        accepts(payment(entitled, 100));
        assertEq(escrow.entitlementOf(entitled.id).bought, 100, "bought");
    }

    function refusesTheSameSaltAgain() internal {
        Entitled memory entitled = ordered();
        accepts(payment(entitled, 3));
        refuses(payment(entitled, 3), exists(entitled));
    }

    /// @dev An id is never used again: old signatures under it would count once more.
    function refusesTheSameSaltAfterARefund() internal {
        Entitled memory entitled = ordered();
        accepts(payment(entitled, 3));
        refund(entitled, 3);
        refuses(payment(entitled, 3), exists(entitled));
    }

    function sellsUnderAnotherSalt() internal {
        Entitled memory entitled = ordered();
        accepts(payment(entitled, 3));
        sells(entitledOf(entitled.terms, buyer, fresh("entitlement")));
    }

    function sellsToAnotherBuyerUnderTheSameSalt() internal {
        Entitled memory entitled = ordered();
        accepts(payment(entitled, 3));
        sells(entitledOf(entitled.terms, stranger, entitled.salt));
    }

    function sellsAnotherOfferUnderTheSameSalt() internal {
        Entitled memory entitled = ordered();
        accepts(payment(entitled, 3));
        sells(entitledOf(published(tokenTerms()), buyer, entitled.salt));
    }

    function sells(Entitled memory entitled) private {
        accepts(payment(entitled, 2));
        assertEq(escrow.entitlementOf(entitled.id).bought, 2, "bought");
    }

    function answersTheId() internal {
        Entitled memory entitled = ordered();
        EntitlementId id = abi.decode(accepts(payment(entitled, 3)), (EntitlementId));
        assertEq(EntitlementId.unwrap(id), EntitlementId.unwrap(entitled.id), "id");
    }

    function recordsTheEntitlement() internal {
        Entitled memory entitled = ordered();
        accepts(payment(entitled, 3));
        requireEntitlement(
            entitled,
            IEscrow.Entitlement({
                price: PRICE,
                bought: 3,
                opened: 0,
                settled: 0,
                generation: 0,
                epoch: 0,
                maxPending: 4,
                challenged: 0,
                expiresAt: uint40(nowIs()) + TTL
            })
        );
        assertEq(escrow.headOf(entitled.id), bytes32(0), "head");
    }

    function emitsPurchased() internal {
        Entitled memory entitled = ordered();
        Call memory call_ = payment(entitled, 3);
        expectEvent(address(escrow));
        emit IEscrow.Purchased(
            entitled.id,
            entitled.offerId,
            buyer,
            payer,
            entitled.salt,
            3,
            3 * PRICE,
            uint40(nowIs()) + TTL
        );
        accepts(call_);
    }

    function exists(Entitled memory entitled) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.EntitlementExists.selector, entitled.id);
    }
}
