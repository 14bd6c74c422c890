"use client";

import { useId, useState } from "react";
import type { Hex } from "viem";
import form from "../_components/form.module.css";
import { compareInput } from "./requestedInputs.ts";

const VERDICTS: Record<ReturnType<typeof compareInput>, string> = {
  equal: "Equal: the run works on exactly this input.",
  different: "Different: the run works on another input. Do not sign this permit.",
  "not JSON": "This is not JSON yet.",
  "not an input": "Not the whole input: its salt is part of the hash. Paste it with v, salt and payload.",
};

/** For a buyer who asked for the step elsewhere: tells whether a text is the input behind the hash. */
export function InputComparison({ inputHash }: { readonly inputHash: Hex }) {
  const [text, setText] = useState("");
  const id = useId();
  const verdict = text.trim() === "" ? undefined : compareInput(text, inputHash);
  const isBad = verdict === "different";
  return (
    <div className={form.field}>
      <label htmlFor={id}>Compare the input</label>
      <textarea
        id={id}
        value={text}
        spellCheck={false}
        aria-invalid={isBad}
        aria-describedby={`${id}-verdict`}
        onChange={(event) => setText(event.target.value)}
      />
      <span id={`${id}-verdict`} className={isBad ? form.problem : form.hint} aria-live="polite">
        {verdict
          ? VERDICTS[verdict]
          : "This step was not asked for in this browser, so only you know its input. Paste it here, as the browser or program that asked shows it with its salt: nothing is sent, its hash is held against the permit."}
      </span>
    </div>
  );
}
