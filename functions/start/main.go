// Command start is the function that an uploaded file wakes.
package main

import (
	"context"
	"encoding/json"
	"os"
	"path"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"rollbook/internal/boot"
)

func main() {
	log := boot.Logger()
	conf, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	machines := sfn.NewFromConfig(conf)
	lambda.Start(func(ctx context.Context, raw json.RawMessage) error {
		log.InfoContext(ctx, "event", "raw", raw)
		var e events.S3Event
		if err := json.Unmarshal(raw, &e); err != nil {
			return err
		}
		for _, r := range e.Records {
			name := strings.TrimSuffix(path.Base(r.S3.Object.Key), path.Ext(r.S3.Object.Key))
			input, _ := json.Marshal(map[string]any{"version": 1, "institution": "aurora", "import": name})
			if _, err := machines.StartExecution(ctx, &sfn.StartExecutionInput{
				StateMachineArn: aws.String(os.Getenv("STATE_MACHINE_ARN")),
				Name:            aws.String(name),
				Input:           aws.String(string(input)),
			}); err != nil {
				return err
			}
		}
		return nil
	})
}
