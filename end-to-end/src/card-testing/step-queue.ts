type Step = { at: number; run(): void | Promise<void> }

/** Steps in the order of their time; a heap, because a day has tens of thousands. */
export function createStepQueue(): { add(step: Step): void; take(): Step | undefined } {
  const heap: (Step & { order: number })[] = []
  let order = 0
  const isBefore = (a: number, b: number) => {
    const [first, second] = [heap[a], heap[b]]
    if (first === undefined || second === undefined) return false
    return first.at < second.at || (first.at === second.at && first.order < second.order)
  }
  const swap = (a: number, b: number) => {
    const [first, second] = [heap[a], heap[b]]
    if (first !== undefined && second !== undefined) [heap[a], heap[b]] = [second, first]
  }
  return {
    add(step) {
      heap.push({ ...step, order: order++ })
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1
        if (!isBefore(at, parent)) return
        swap(at, parent)
        at = parent
      }
    },
    take() {
      const first = heap[0]
      const last = heap.pop()
      if (first === undefined || last === undefined || heap.length === 0) return first
      heap[0] = last
      for (let at = 0; ; ) {
        const [left, right] = [2 * at + 1, 2 * at + 2]
        const least = [left, right].reduce((best, child) => (isBefore(child, best) ? child : best), at)
        if (least === at) return first
        swap(at, least)
        at = least
      }
    },
  }
}
