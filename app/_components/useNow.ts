"use client";

import { useEffect, useState } from "react";

/** The time in unix seconds, every second anew. `initial` is what the server wrote, so that both render alike. */
export function useNow(initial: number): number {
  const [now, setNow] = useState(initial);
  useEffect(() => {
    const timer = setInterval(() => setNow(Math.floor(Date.now() / 1000)), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
