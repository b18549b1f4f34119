import { Signer } from '@aws-sdk/rds-signer'

/** A login of a database in AWS, by the name of its server. */
export type Login = { hostname: string; port: number; username: string; region: string }

/**
 * Signs a token with the credentials of this process. In a file of its own, which is read with the first token: of a package
 * that is imported by `import()` itself the image's bundle knows no names.
 */
export async function signToken(login: Login): Promise<string> {
  return new Signer(login).getAuthToken()
}
