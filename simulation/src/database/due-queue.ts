import type { Index } from './index.ts'
import type { Slot } from './slot.ts'

/** Rows that wait for a time, the earliest first. Holds only those that wait, so a look at it costs what is due. */
export type DueQueue<Row extends object> = Index<Row> & {
  /**
   * The first `limit` slots that are due by `until` and that `accept` takes; they stay in the queue until the change
   * that moves or ends them is committed. Costs as many steps as it looks at.
   */
  collect(until: number, limit: number, accept: (slot: Slot<Row>) => boolean): Slot<Row>[]
  /** All that wait, in no order. */
  waiting(): Iterable<Slot<Row>>
  /** When the first one is due, in ms since 1970; Infinity when none waits. Sees what is not committed, too. */
  earliest(): number
  readonly isEmpty: boolean
}

type Entry<Row extends object> = { at: number; order: number; slot: Slot<Row> }

/** @param dueAt when a row is due, in ms since 1970; null when it does not wait. */
export function makeDueQueue<Row extends object>(dueAt: (row: Row) => number | null): DueQueue<Row> {
  let heap: Entry<Row>[] = []
  let order = 0
  /** Entries whose row has got another time, or none; they are dropped when they come up, or when they are many. */
  let stale = 0

  const isLive = ({ at, slot }: Entry<Row>): boolean =>
    (slot.committed !== null && dueAt(slot.committed) === at) ||
    (slot.isWritten && slot.pending !== null && dueAt(slot.pending) === at)
  const compact = (): void => {
    heap = heap.filter(isLive).sort(compare)
    stale = 0
  }
  return {
    keyOf: dueAt,
    add(at, slot) {
      push(heap, { at: Number(at), order: order++, slot })
    },
    drop() {
      stale++
      if (stale > 64 && stale > heap.length / 2) compact()
    },
    get isEmpty() {
      return heap.length === 0
    },
    earliest() {
      for (let first = heap[0]; first !== undefined; first = heap[0]) {
        if (isLive(first)) return first.at
        pop(heap)
        stale--
      }
      return Number.POSITIVE_INFINITY
    },
    *waiting() {
      const seen = new Set<Slot<Row>>()
      for (const entry of heap) {
        if (seen.has(entry.slot) || !isLive(entry)) continue
        seen.add(entry.slot)
        yield entry.slot
      }
    },
    collect(until, limit, accept) {
      const accepted: Slot<Row>[] = []
      const kept: Entry<Row>[] = []
      // A row is entered twice that was changed and not committed yet, or that got a time again which it had before.
      const seen = new Set<Slot<Row>>()
      for (let first = heap[0]; first !== undefined && first.at <= until; first = heap[0]) {
        if (accepted.length >= limit) break
        pop(heap)
        if (!isLive(first)) {
          stale--
          continue
        }
        kept.push(first)
        if (seen.has(first.slot)) continue
        seen.add(first.slot)
        if (accept(first.slot)) accepted.push(first.slot)
      }
      for (const entry of kept) push(heap, entry)
      return accepted
    },
  }
}

function compare(a: { at: number; order: number }, b: { at: number; order: number }): number {
  return a.at - b.at || a.order - b.order
}

function push<Row extends object>(heap: Entry<Row>[], entry: Entry<Row>): void {
  let place = heap.length
  heap.push(entry)
  while (place > 0) {
    const parent = (place - 1) >> 1
    const above = heap[parent] as Entry<Row>
    if (compare(above, entry) <= 0) break
    heap[place] = above
    place = parent
  }
  heap[place] = entry
}

function pop<Row extends object>(heap: Entry<Row>[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let place = 0
  for (;;) {
    let child = 2 * place + 1
    if (child >= heap.length) break
    const right = heap[child + 1]
    if (right !== undefined && compare(right, heap[child] as Entry<Row>) < 0) child++
    const below = heap[child] as Entry<Row>
    if (compare(last, below) <= 0) break
    heap[place] = below
    place = child
  }
  heap[place] = last
}

/** Rows that wait in a queue of their group, so that a full queue hides no other. */
export type DueQueues<Row extends object> = Index<Row> & {
  earliest(): number
  groups(): Iterable<[group: string, queue: DueQueue<Row>]>
  ofGroup(group: string): DueQueue<Row> | undefined
}

export function makeDueQueues<Row extends object>(
  groupOf: (row: Row) => string,
  dueAt: (row: Row) => number | null,
): DueQueues<Row> {
  const queues = new Map<string, DueQueue<Row>>()
  return {
    keyOf: dueAt,
    groups: () => queues,
    earliest: () => Math.min(...[...queues.values()].map((queue) => queue.earliest())),
    ofGroup: (group) => queues.get(group),
    add(at, slot, row) {
      const group = groupOf(row)
      const queue = queues.get(group) ?? makeDueQueue(dueAt)
      queues.set(group, queue)
      queue.add(at, slot, row)
    },
    drop(at, slot, row) {
      const group = groupOf(row)
      const queue = queues.get(group)
      queue?.drop(at, slot, row)
      if (queue?.isEmpty) queues.delete(group)
    },
  }
}
