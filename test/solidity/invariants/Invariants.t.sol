// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Trade} from "./Trade.sol";

/// @notice The ten numbered invariants of docs/contracts.md, after every move of random trades.
/// @dev Trade and invariants are one contract, because the runner calls only contracts of the file it was given.
contract Invariants is Trade {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(this);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(this), moves());
    }

    // solhint-disable-next-line func-name-mixedcase
    function invariant_TheTenHold() external {
        check();
    }

    /// @dev At the end of each run: whoever is silent, everything comes out.
    function afterInvariant() external {
        unwind();
    }

    /// @dev A generator that gets nowhere would prove nothing: in a few hundred of its moves everything comes to pass.
    // solhint-disable-next-line func-name-mixedcase
    function test_EverythingComesToPass() external {
        bytes4[] memory selectors = moves();
        for (uint256 round; round < 6000; ++round) {
            bytes32 chance = keccak256(abi.encode("round", round));
            bytes4 selector = selectors[uint256(chance) % selectors.length];
            (bool done, ) = address(this).call(abi.encodeWithSelector(selector, uint256(chance) >> 16, round % 400));
            if (done && round % 100 == 99) check();
            // Trades expire: now and then everything begins again.
            if (round % 300 == 299) {
                unwind();
                begin();
            }
        }
        string[21] memory kinds = [
            "consumed",
            "by delegate",
            "timed out",
            "claimed",
            "proven claim",
            "proven",
            "acknowledged",
            "paid",
            "split",
            "ruled",
            "rejected",
            "rejected unproven",
            "rejected unruled",
            "bond reclaimed",
            "evidence challenged",
            "conduct challenged",
            "topped up",
            "refunded",
            "withdrawn",
            "stake moved",
            "thefts tried"
        ];
        for (uint256 index; index < kinds.length; ++index) assertGe(count[kinds[index]], 1, kinds[index]);
    }

    /// @dev All that can happen. What brings a trade forward comes several times, so that trades get far.
    function moves() internal pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](40);
        for (uint256 index; index < 6; ++index) selectors[index] = this.advance.selector;
        for (uint256 index = 34; index < 37; ++index) selectors[index] = this.pile.selector;
        selectors[37] = bytes4(keccak256("challengeEvidence(uint256)"));
        selectors[38] = bytes4(keccak256("challengeConduct(uint256)"));
        selectors[39] = bytes4(keccak256("rule(uint256)"));
        selectors[6] = this.consume.selector;
        selectors[7] = this.claim.selector;
        selectors[8] = this.claimWithProof.selector;
        selectors[9] = this.finalize.selector;
        selectors[10] = bytes4(keccak256("timeout(uint256)"));
        selectors[11] = bytes4(keccak256("acknowledge(uint256)"));
        selectors[12] = bytes4(keccak256("pass(uint256,uint16)"));
        selectors[13] = bytes4(keccak256("pass(uint256,uint16)"));
        selectors[14] = this.topUp.selector;
        selectors[15] = this.refund.selector;
        selectors[16] = this.cancelPermits.selector;
        selectors[17] = this.setDelegate.selector;
        selectors[18] = bytes4(keccak256("challengeEvidence(uint256)"));
        selectors[19] = bytes4(keccak256("challengeConduct(uint256)"));
        selectors[20] = bytes4(keccak256("prove(uint256)"));
        selectors[21] = bytes4(keccak256("rule(uint256)"));
        selectors[22] = bytes4(keccak256("rejectUnproven(uint256)"));
        selectors[23] = bytes4(keccak256("rejectUnruled(uint256)"));
        selectors[24] = this.reclaimBond.selector;
        selectors[25] = this.stake.selector;
        selectors[26] = this.retire.selector;
        selectors[27] = this.withdraw.selector;
        selectors[28] = this.upset.selector;
        selectors[29] = this.steal.selector;
        selectors[30] = this.misuse.selector;
        selectors[31] = this.copyProof.selector;
        selectors[32] = this.donate.selector;
        selectors[33] = this.silence.selector;
    }
}
