import type { Login } from './sign-token.ts'

/** A token is good for 15 minutes, and only for logging in: connections outlive it. */
const usedForMs = 10 * 60_000

/**
 * The password of a database login in AWS: a token that the task's role signs, offline. Each connection asks for one;
 * those of the same ten minutes get the same. The SDK is read with the first.
 */
export function createTokenSource(login: Login): () => Promise<string> {
  let kept: { token: Promise<string>; at: number } | null = null
  return () => {
    if (kept === null || performance.now() - kept.at > usedForMs) {
      const token = signToken(login)
      kept = { token, at: performance.now() }
      // One that could not be signed, for want of credentials, is not kept.
      token.catch(() => {
        if (kept?.token === token) kept = null
      })
    }
    return kept.token
  }
}

async function signToken(login: Login): Promise<string> {
  const aws = await import('./sign-token.ts')
  return aws.signToken(login)
}
