// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";

/// @notice Keeps foreign code that is called in the middle of a payment from starting another one.
abstract contract Lock {
    bool private transient _locked;

    modifier locked() {
        if (_locked) revert IEscrow.Locked();
        _locked = true;
        _;
        _locked = false;
    }
}
