import {
  DecryptCommand,
  type DecryptCommandInput,
  EncryptCommand,
  type EncryptCommandInput,
  KMSClient,
  type KMSClientConfig,
} from '@aws-sdk/client-kms'

/**
 * The two calls of AWS KMS. They are in a file of their own, which is read with the first call: of a package that is imported
 * by `import()` itself the image's bundle knows no names.
 */
export async function encrypt(config: KMSClientConfig, input: EncryptCommandInput, abortSignal: AbortSignal) {
  return withClient(config, (client) => client.send(new EncryptCommand(input), { abortSignal }))
}

export async function decrypt(config: KMSClientConfig, input: DecryptCommandInput, abortSignal: AbortSignal) {
  return withClient(config, (client) => client.send(new DecryptCommand(input), { abortSignal }))
}

async function withClient<Answer>(
  config: KMSClientConfig,
  send: (client: KMSClient) => Promise<Answer>,
): Promise<Answer> {
  const client = new KMSClient(config)
  try {
    return await send(client)
  } finally {
    client.destroy()
  }
}
