import fc from "fast-check";
import * as der from "#lib/sandbox/der.ts";

/** A DER element taken apart as far as it goes: either its content or the elements that its content consists of. */
type Node = { tag: number; content: Uint8Array; children: Node[] | undefined; header: Uint8Array | undefined };

const ON_BYTES = ["flip", "insert", "remove"] as const;
const ON_ELEMENTS = ["tag", "content", "drop", "repeat", "swap", "add", "header", "grow", "empty"] as const;

/** One way to damage a certificate. `at` counts through the bytes or elements that there are, and around. */
export type Edit = {
  readonly kind: (typeof ON_BYTES)[number] | (typeof ON_ELEMENTS)[number];
  readonly at: number;
  readonly byte: number;
  readonly more: Uint8Array;
};

const TAGS = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x30, 0x31, 0x80, 0x86, 0xa0, 0xa3];

/** Bytes that are flipped, inserted and removed; and elements that are changed with all lengths around them mended. */
export const derEdit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.oneof(fc.constantFrom(...ON_BYTES), { arbitrary: fc.constantFrom(...ON_ELEMENTS), weight: 4 }),
  at: fc.nat(),
  byte: fc.integer({ min: 0, max: 255 }),
  more: fc.uint8Array({ minLength: 1, maxLength: 8 }),
});

export function edited(certificate: Uint8Array, edits: readonly Edit[]): Uint8Array {
  return edits.reduce(applied, certificate);
}

function applied(certificate: Uint8Array, edit: Edit): Uint8Array {
  if (edit.kind === "flip" || edit.kind === "insert" || edit.kind === "remove") return bytesEdited(certificate, edit);
  const tree = nodesOf(certificate);
  const root = tree?.[0];
  if (root === undefined) return certificate;
  const all: { node: Node; siblings: Node[]; index: number }[] = [];
  const walk = (siblings: Node[]) => {
    siblings.forEach((node, index) => {
      all.push({ node, siblings, index });
      if (node.children) walk(node.children);
    });
  };
  walk(tree ?? []);
  const chosen = all[edit.at % all.length];
  if (chosen === undefined) return certificate;
  const { node, siblings, index } = chosen;
  const { byte, more } = edit;
  switch (edit.kind) {
    case "tag":
      node.tag = TAGS[byte % TAGS.length] ?? byte;
      break;
    case "content":
      node.content = bytesEdited(encodedContent(node), { kind: "flip", at: more[0] ?? 0, byte, more });
      node.children = undefined;
      break;
    case "grow":
      node.content = Buffer.concat([encodedContent(node), byte % 2 === 0 ? new Uint8Array(byte) : more]);
      node.children = undefined;
      break;
    case "empty":
      node.content = new Uint8Array();
      node.children = undefined;
      break;
    case "drop":
      siblings.splice(index, 1);
      break;
    case "repeat":
      siblings.splice(index, 0, node);
      break;
    case "swap":
      siblings.splice(index, 1);
      siblings.splice(byte % (siblings.length + 1), 0, node);
      break;
    case "add":
      siblings.splice(index, 0, leafNode(TAGS[byte % TAGS.length] ?? byte, byte % 3 === 0 ? new Uint8Array() : more));
      break;
    case "header":
      node.header = wrongHeader(node, byte);
      break;
  }
  return Buffer.concat((tree ?? []).map(encoded));
}

function bytesEdited(bytes: Uint8Array, edit: Edit): Uint8Array {
  const at = bytes.length === 0 ? 0 : edit.at % bytes.length;
  const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)];
  if (edit.kind === "insert") return Buffer.concat([before, Uint8Array.of(edit.byte), behind]);
  if (edit.kind === "remove") return Buffer.concat([before, behind.subarray(1)]);
  const flipped = Uint8Array.from(bytes);
  // Half of the time one bit, else any byte.
  flipped[at] = edit.byte < 128 ? (bytes[at] ?? 0) ^ (1 << (edit.byte % 8)) : edit.byte * 2;
  return flipped;
}

/** The same length, written as DER does not allow. */
function wrongHeader(node: Node, byte: number): Uint8Array {
  const { length } = encodedContent(node);
  const low = length & 0xff;
  const high = length >> 8;
  const forms = [
    [0x80],
    [0x81, low],
    [0x82, high, low],
    [0x83, 0, high, low],
    [0x84, 0, 0, high, low],
    [low | 0x80],
    [0xff],
  ];
  return Uint8Array.of(node.tag, ...(forms[byte % forms.length] ?? []));
}

function nodesOf(bytes: Uint8Array): Node[] | undefined {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1];
    if (first === undefined || (tag & 0x1f) === 0x1f) return undefined;
    const width = first < 0x80 ? 0 : first & 0x7f;
    if (width > 2 || (first >= 0x80 && width === 0)) return undefined;
    const length =
      width === 0 ? first : Buffer.from(bytes.subarray(at + 2, at + 2 + width)).reduce((n, b) => n * 256 + b, 0);
    const start = at + 2 + width;
    if (start + length > bytes.length) return undefined;
    const content = bytes.subarray(start, start + length);
    // Octet strings of extensions hold elements too.
    const isNested = (tag & 0x20) !== 0 || tag === 0x04;
    nodes.push({ tag, content, children: isNested && length > 0 ? nodesOf(content) : undefined, header: undefined });
    at = start + length;
  }
  return nodes;
}

function leafNode(tag: number, content: Uint8Array): Node {
  return { tag, content, children: undefined, header: undefined };
}

function encodedContent(node: Node): Uint8Array {
  return node.children === undefined ? node.content : Buffer.concat(node.children.map(encoded));
}

function encoded(node: Node): Uint8Array {
  const content = encodedContent(node);
  return node.header === undefined ? der.tlv(node.tag, content) : Buffer.concat([node.header, content]);
}
