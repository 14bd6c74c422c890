import Image from "next/image";
import styles from "./parts.module.css";
import { JsonView } from "./parts.tsx";

/**
 * A step's result. Drawings in it are shown as images, in which no script runs; everything is a stranger's text.
 *
 * @param text canonical bytes of result.json as text
 */
export function ResultView({ step, text }: { readonly step: number; readonly text: string }) {
  const result: unknown = JSON.parse(text);
  const drawings = drawingsIn(result);
  return (
    <>
      {drawings.map(({ name, svg }) => (
        <figure key={name} className={styles.drawing}>
          <Image
            src={`data:image/svg+xml,${encodeURIComponent(svg)}`}
            alt={`“${name}” of the result of step ${step}`}
            width={640}
            height={360}
            unoptimized
          />
          <figcaption className={styles.note}>{name}</figcaption>
        </figure>
      ))}
      <JsonView label={`Result of step ${step}`} text={JSON.stringify(result, shortened, 2)} />
    </>
  );
}

const MAX_SHOWN = 400;

function shortened(_key: string, value: unknown): unknown {
  return typeof value === "string" && value.length > MAX_SHOWN
    ? `${value.slice(0, MAX_SHOWN)}… (${value.length} characters)`
    : value;
}

function drawingsIn(result: unknown): readonly { readonly name: string; readonly svg: string }[] {
  const payload: unknown = typeof result === "object" && result !== null && "payload" in result ? result.payload : null;
  if (typeof payload !== "object" || payload === null) return [];
  return Object.entries(payload).flatMap(([name, value]) =>
    typeof value === "string" && value.startsWith("<svg ") ? [{ name, svg: value }] : [],
  );
}
