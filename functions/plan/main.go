// Command plan is the function of the step that reads the user's file.
package main

import (
	"log"
	"os"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda"

	"rollbook/internal/aws/blob"
	"rollbook/internal/aws/config"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/aws/lambdaruntime"
	"rollbook/internal/domain"
	"rollbook/internal/steps/plan"
)

func main() {
	var c struct {
		Contacts  string `env:"TABLE_CONTACTS"`
		Emails    string `env:"TABLE_EMAILS"`
		Catalogue string `env:"TABLE_CATALOGUE"`
		Jobs      string `env:"TABLE_JOBS"`
		Uploads   string `env:"BUCKET_UPLOADS"`
		Files     string `env:"BUCKET_FILES"`
		AtOnce    string `env:"MAP_CONCURRENCY"`
	}
	if err := lambdaruntime.Read(&c, os.LookupEnv); err != nil {
		log.Fatal(err)
	}
	atOnce, err := strconv.Atoi(c.AtOnce)
	if err != nil {
		log.Fatalf("MAP_CONCURRENCY: %v", err)
	}
	conf, err := config.Load()
	if err != nil {
		log.Fatal(err)
	}
	db, objects := dynamo.Open(conf), blob.Client(conf)
	buckets := map[string]*blob.Blobs{c.Uploads: blob.New(objects, c.Uploads), c.Files: blob.New(objects, c.Files)}
	jobs := dynamo.NewJobs(db, c.Jobs)
	step := &plan.Step{
		Contacts:  dynamo.NewContacts(db, c.Contacts, c.Emails, "", c.Catalogue),
		Catalogue: dynamo.NewCatalogue(db, c.Catalogue),
		Jobs:      jobs,
		Mappings:  dynamo.NewRecords[domain.Mapping](jobs, "mappings"),
		Source:    func(bucket string) plan.Opener { return buckets[bucket] },
		Metadata:  buckets[c.Uploads].Metadata,
		Files:     buckets[c.Files],
		AtOnce:    atOnce,
	}
	lambda.Start(lambdaruntime.Step(lambdaruntime.Logger(), step.Run))
}
