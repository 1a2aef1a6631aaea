// Command plan is the state machine's first step.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rollbook/internal/boot"
)

type item struct {
	Version     int    `json:"version"`
	Institution string `json:"institution"`
	Import      string `json:"import"`
	Chunk       int    `json:"chunk"`
	Chunks      int    `json:"chunks"`
	Rejected    bool   `json:"rejected"`
	Manifest    string `json:"manifest"`
}

func main() {
	log := boot.Logger()
	conf, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	objects := s3.NewFromConfig(conf, func(o *s3.Options) { o.UsePathStyle = os.Getenv("AWS_ENDPOINT_URL") != "" })
	lambda.Start(boot.Step(log, func(ctx context.Context, in item) (item, error) {
		log.InfoContext(ctx, "plan", boot.Import, in.Import)
		in.Chunks, in.Manifest = 3, in.Institution+"/"+in.Import+"/manifest.json"
		var items []item
		for n := range in.Chunks {
			items = append(items, item{Version: 1, Institution: in.Institution, Import: in.Import, Chunk: n})
		}
		b, _ := json.Marshal(items)
		_, err := objects.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(os.Getenv("BUCKET_FILES")), Key: &in.Manifest, Body: bytes.NewReader(b)})
		return in, err
	}))
}
