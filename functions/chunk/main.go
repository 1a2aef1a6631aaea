// Command chunk is the function of the step that applies one chunk of rows.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"rollbook/internal/aws/blob"
	"rollbook/internal/aws/config"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/aws/lambdaruntime"
	"rollbook/internal/importing/flow"
	"rollbook/internal/steps/chunk"
)

func main() {
	var c struct {
		Contacts  string `env:"TABLE_CONTACTS"`
		Emails    string `env:"TABLE_EMAILS"`
		History   string `env:"TABLE_HISTORY"`
		Catalogue string `env:"TABLE_CATALOGUE"`
		Jobs      string `env:"TABLE_JOBS"`
		Files     string `env:"BUCKET_FILES"`
	}
	if err := lambdaruntime.Read(&c, os.LookupEnv); err != nil {
		log.Fatal(err)
	}
	conf, err := config.Load()
	if err != nil {
		log.Fatal(err)
	}
	db := dynamo.Open(conf)
	contacts := dynamo.NewContacts(db, c.Contacts, c.Emails, c.History, c.Catalogue)
	step := &chunk.Step{
		Contacts:  contacts,
		Late:      contacts.Late(),
		Catalogue: dynamo.NewCatalogue(db, c.Catalogue),
		Jobs:      dynamo.NewJobs(db, c.Jobs),
		Files:     blob.New(blob.Client(conf), c.Files),
		Now:       time.Now,
	}
	lambda.Start(lambdaruntime.Step(lambdaruntime.Logger(), func(ctx context.Context, in flow.Chunk) (struct{}, error) {
		return struct{}{}, step.Run(ctx, in)
	}))
}
