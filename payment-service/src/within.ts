/** What `work` gives, or `otherwise` when it takes longer than `ms`; it is not ended by that. Throws as `work` does. */
export async function within<T>(ms: number, work: Promise<T>, otherwise: T): Promise<T> {
  let limit: NodeJS.Timeout | undefined
  const tooLong = new Promise<T>((resolve) => {
    limit = setTimeout(() => resolve(otherwise), ms)
  })
  try {
    return await Promise.race([work, tooLong])
  } finally {
    clearTimeout(limit)
  }
}
