"use client";

import { useNow } from "./useNow.ts";
import { durationWords } from "./words.ts";

/** Time left until a moment (unix seconds), counted in the browser; then the words for when it is over. */
export function Countdown(props: { readonly until: number; readonly now: number; readonly over: string }) {
  const now = useNow(props.now);
  return <span>{props.until > now ? `${durationWords(props.until - now)} left` : props.over}</span>;
}
