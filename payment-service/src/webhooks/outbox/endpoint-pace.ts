/** How many deliveries of one endpoint may be under way in a process. */
export const endpointPlaces = {
  /** For one that is new here, failed or was slow. Many such together then leave room for the others. */
  first: 1,
  /** At most, for one that answers, but not quickly: more would not let it answer sooner. */
  steady: 4,
  /** At most, for one that answers quickly. */
  quick: 48,
} as const

/** An answer within this time says that the receiver had nothing else to do first: it may have more at once. */
const quickWithinMs = 500
/** An answer that takes longer than this makes an endpoint slow; an honest receiver stores the event and answers. */
const slowAfterMs = 3_000

/** `tookMs`: until the answer, and without what this process then does with it. */
export type TryOutcome = { failed: boolean; tookMs: number }

/**
 * The places of an endpoint after a try. With quick answers they double with each round; a receiver that queues what it
 * gets answers later and later, so they stop where it does. Those under way end soon one after the other, so a dead
 * endpoint is back at its first place when they have; one that fails now and then keeps most of its pace.
 *
 * @param places before it.
 * @param mayHaveMore whether more waits for the endpoint, as far as is known: without it none is added.
 */
export function placesAfter(places: number, { failed, tookMs }: TryOutcome, mayHaveMore: boolean): number {
  if (tookMs > slowAfterMs) return endpointPlaces.first
  if (failed) return Math.max(endpointPlaces.first, Math.floor(places / 2))
  if (tookMs > quickWithinMs && places > endpointPlaces.steady) return places - 1
  const most = tookMs > quickWithinMs ? endpointPlaces.steady : endpointPlaces.quick
  return mayHaveMore && places < most ? places + 1 : places
}
