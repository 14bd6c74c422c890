import { type Mutant, mutantsOf } from "./mutant.ts";

const EVIDENCE = "test/solidity/evidence";
const P384 = ["test/contracts/evidence/p384.test.ts"];
const FIELD = ["test/contracts/evidence/p384Field.test.ts"];

const SUM = "                // Refused unless it is the slope of the line, below p.\n";
const TOO_FAR = `                    if or(
                        or(
                            shr(8, sub(h, shr(124, top))),
`;
const OFF = `                            sub(
                                shl(128, q),
                                add(add(sum, add(qK, lt(add(qK, c0), c0))), mul(h, 0x100000000ffffffffffffffff00000001))
                            )
                        ),
                        and(
`;

/** Primitives of on-chain evidence: no wrong hint, no table that nobody computed, no signature in two encodings. */
export const onchainMutants: readonly Mutant[] = [
  ...mutantsOf("contracts/evidence/arithmetic/P384.sol", "p384", P384, {
    "key-off-the-curve": {
      removes: "a key is a point of the curve",
      from: "        if (!P384Curve.isOtherOnCurve()) revert NotAPoint();\n",
    },
    "inverse-unchecked": {
      removes: "the supplied inverse is that of s",
      from: "        if (oneHigh != 0 || oneLow != 1) revert NotTheInverse();\n",
    },
    "slopes-left-over": {
      removes: "every supplied slope is used",
      from: "        if (slope != end) revert SlopesSize(hints.length, slope - _placeInCalldata(hints));\n",
    },
    "slopes-of-any-number": {
      removes: "a registration has as many slopes as it needs",
      from: "        if (slopes.length != ELEMENT * count) revert SlopesSize(slopes.length, ELEMENT * count);\n",
    },
    "key-half-registered": {
      removes: "a key verifies nothing before all its tables are there",
      from: "        if (number == 0) revert KeyNotRegistered(keyId);\n",
    },
    "table-twice": {
      removes: "a table is built once",
      from: "        if (key.tables[index] != 0) revert TableAlreadyBuilt(keyId, index);\n",
    },
    "key-twice": {
      removes: "a key is begun once",
      from: "        if (_keys[keyId].powers != address(0)) revert KeyAlreadyBegun(keyId);\n",
    },
    "wrong-power": {
      removes: "each table is built from its own powers",
      from: "(TABLES * tooth + index) * POINT",
      to: "(TABLES * tooth) * POINT",
      // Elsewhere a registration is done before the tests.
      tests: ["test/contracts/evidence/gas.test.ts"],
    },
  }),
  ...mutantsOf("contracts/evidence/arithmetic/P384Curve.sol", "p384-curve", P384, {
    "points-share-x": {
      removes: "points that share their x have no line",
      from: "                mstore(0, 0xe4d0c78d)\n                revert(0x1c, 4)\n",
      // No two entries of a table that are added up share their x, whatever the key.
      tests: FIELD,
    },
    "slope-of-addition": {
      removes: "an addition's slope is that of the line",
      from: "if or(xor(high, shr(128, mload(0x370))), xor(low, mload(0x380))) {",
      to: "if 0 {",
    },
    "slope-of-doubling": {
      removes: "a doubling's slope is that of the tangent",
      from: "if or(xor(high, mload(0x180)), xor(low, mload(0x1a0))) {",
      to: "if 0 {",
    },
    "slope-of-tangent-in-a-sum": {
      removes: "a sum is doubled by the slope of the tangent",
      from: "// Refused unless it is the slope of the tangent, below p.\n                    if or(",
      to: "\n                    if shr(",
    },
    "memory-in-use": {
      removes: "registers overlap nothing that is allocated",
      from: "        if (free != 0x80) revert MemoryInUse();\n",
      masked: "every function that uses registers takes them before anything else",
    },
  }),
  ...mutantsOf("contracts/evidence/arithmetic/P384Curve.sol", "p384-field", FIELD, {
    "sum-near": {
      removes: "both sides of a line's equation are near each other",
      from: SUM + TOO_FAR,
      to: SUM + TOO_FAR.replace("shr(8", "shr(256"),
    },
    "sum-words": {
      removes: "both sides of a line's equation agree in their words",
      from: SUM + TOO_FAR + OFF,
      to: SUM + TOO_FAR + OFF.replace("sub(", "byte("),
    },
    "sum-slope-below-p": {
      removes: "a slope of a sum is below p",
      from: `${SUM + TOO_FAR + OFF}                            eq(`,
      to: `${SUM + TOO_FAR + OFF}                            gt(`,
    },
    "sum-points-share-x": {
      removes: "points of a sum that share their x have no line",
      from: "if iszero(mod(b0, 0xfffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff)) {",
      to: "if 0 {",
    },
    "sum-points-share-zero": {
      removes: "points of a sum that share an x of 0 have no line",
      from: "iszero(or(b1, b0)),",
      to: "0,",
    },
    "addition-slope-below-p": {
      removes: "a slope of an addition is below p",
      from: "            }\n            if and(",
      to: "            }\n            if byte(",
    },
    "doubling-slope-below-p": {
      removes: "a slope of a doubling is below p",
      from: "let ones := not(0)\n            if and(",
      to: "let ones := not(0)\n            if byte(",
    },
  }),
  ...mutantsOf("contracts/evidence/arithmetic/P384Scalar.sol", "p384-scalar", P384, {
    "zero-in-range": {
      removes: "r and s are not 0",
      from: "        return !isZero && (high",
      to: "        return (high",
    },
    "order-in-range": {
      removes: "r and s are below n",
      from: "low < ORDER_LOW));",
      to: "low <= ORDER_LOW));",
    },
  }),
  ...mutantsOf("contracts/evidence/arithmetic/P256.sol", "p256", ["test/contracts/evidence/p256.test.ts"], {
    "empty-answer": {
      removes: "an answer has 32 bytes",
      from: "isDone && answer.length == 32 && ",
      to: "isDone && ",
    },
    "any-answer": {
      removes: "the answer is 1",
      from: " && uint256(bytes32(answer)) == 1;",
      to: ";",
    },
    "refused-answer": {
      removes: "the precompile did not refuse",
      from: "isDone && answer.length",
      to: "answer.length",
    },
  }),
  ...mutantsOf("contracts/evidence/arithmetic/EcdsaSignature.sol", "der", [`${EVIDENCE}/EcdsaSignature.decode.t.sol`], {
    "length-of-sequence": {
      removes: "the sequence ends where the bytes end",
      from: "        if (uint8(der[1]) != der.length - 2) revert NotASignature();\n",
    },
    "bytes-behind": {
      removes: "nothing follows s",
      from: "        if (next != der.length) revert NotASignature();\n",
    },
    "negative-number": {
      removes: "numbers are not negative",
      from: "            if (head & 0x8000 != 0) revert NotASignature();\n",
    },
    "padded-number": {
      removes: "numbers have no needless zero",
      from: "                if (head & 0x80 == 0) revert NotASignature();\n",
    },
    "number-too-wide": {
      removes: "numbers have at most 384 bits",
      from: "if (length > MAX_BYTES || next > der.length)",
      to: "if (next > der.length)",
    },
    "number-beyond-the-end": {
      removes: "a number ends before the bytes do",
      from: "length > MAX_BYTES || next > der.length",
      to: "length > MAX_BYTES",
    },
    "word-too-wide": {
      removes: "words have at most 256 bits",
      from: "        if (wideR.high != 0 || wideS.high != 0) revert NotASignature();\n",
    },
    "empty-number": {
      removes: "a number has a byte",
      from: "head >> 24 != INTEGER || length == 0",
      to: "head >> 24 != INTEGER",
    },
    "another-tag": {
      removes: "members are integers",
      from: "head >> 24 != INTEGER || length == 0",
      to: "length == 0",
    },
  }),
];
