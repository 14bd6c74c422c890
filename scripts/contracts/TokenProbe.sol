// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface Token {
    function balanceOf(address owner) external view returns (uint256);
    function approve(address spender, uint256 amount) external;
    function transfer(address to, uint256 amount) external;
    function transferFrom(address from, address to, uint256 amount) external;
}

/// @notice Moves tokens both ways in which the escrow moves them, and says what moved. It exists only inside a simulated
/// call, in the place of an account that holds tokens.
contract TokenProbe {
    address private constant RECEIVER = address(uint160(uint256(keccak256("pawl token probe"))));

    function moved(Token token, uint256 amount) external returns (uint256[2] memory left, uint256[2] memory arrived) {
        token.approve(address(this), amount);
        for (uint256 way; way < 2; ++way) {
            uint256 own = token.balanceOf(address(this));
            uint256 before = token.balanceOf(RECEIVER);
            if (way == 0) token.transferFrom(address(this), RECEIVER, amount);
            else token.transfer(RECEIVER, amount);
            left[way] = own - token.balanceOf(address(this));
            arrived[way] = token.balanceOf(RECEIVER) - before;
        }
    }
}
