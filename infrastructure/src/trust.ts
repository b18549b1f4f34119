import type { Environment } from './environments.ts'

/** The policy of who may take a role: one service of AWS, on behalf of this account alone. */
export function trustOf(service: string, environment: Environment): object {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: service },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'aws:SourceAccount': environment.account } },
      },
    ],
  }
}
