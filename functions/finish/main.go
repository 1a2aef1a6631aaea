// Command finish is a step of the work.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"

	"rollbook/internal/boot"
)

func main() {
	log := boot.Logger()
	lambda.Start(boot.Step(log, func(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
		log.InfoContext(ctx, "finish", "raw", in)
		return in, nil
	}))
}
