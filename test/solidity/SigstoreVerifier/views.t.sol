// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attesting} from "./Attesting.sol";

contract SigstoreVerifierViewsTest is Attesting {
    function test_WhenSha384IsAsked_NameTheContractThatHashesCertificates() external view {
        assertEq(address(verifier.sha384()), address(sha384), "contract");
    }

    function test_WhenP384IsAsked_NameTheContractThatChecksAuthoritiesSignatures() external view {
        assertEq(address(verifier.p384()), address(authority), "contract");
    }

    function test_WhenOidcIssuerHashIsAsked_BeTheHashOfTheIdentityProvidersURL() external view {
        assertEq(verifier.oidcIssuerHash(), keccak256(bytes(OIDC_ISSUER)), "hash");
    }
}
