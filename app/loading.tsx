import { Skeleton } from "./_components/parts.tsx";

export default function Loading() {
  return <Skeleton label="Loading" />;
}
