// Command finish is the function of the step that ends an import.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"rollbook/internal/aws/blob"
	"rollbook/internal/aws/config"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/aws/lambdaruntime"
	"rollbook/internal/aws/ses"
	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/mail"
	"rollbook/internal/steps/finish"
)

func main() {
	var c struct {
		Contacts     string `env:"TABLE_CONTACTS"`
		Emails       string `env:"TABLE_EMAILS"`
		History      string `env:"TABLE_HISTORY"`
		Catalogue    string `env:"TABLE_CATALOGUE"`
		Jobs         string `env:"TABLE_JOBS"`
		Files        string `env:"BUCKET_FILES"`
		MailFrom     string `env:"MAIL_FROM"`
		MailSettings string `env:"MAIL_CONFIGURATION_SET"`
		Screen       string `env:"SCREEN_URL"`
		Stack        string `env:"STACK"`
	}
	if err := lambdaruntime.Read(&c, os.LookupEnv); err != nil {
		log.Fatal(err)
	}
	conf, err := config.Load()
	if err != nil {
		log.Fatal(err)
	}
	db, logger := dynamo.Open(conf), lambdaruntime.Logger()
	jobs := dynamo.NewJobs(db, c.Jobs)
	step := &finish.Step{
		Contacts:  dynamo.NewContacts(db, c.Contacts, c.Emails, c.History, c.Catalogue),
		Catalogue: dynamo.NewCatalogue(db, c.Catalogue),
		Jobs:      jobs,
		Mappings:  dynamo.NewRecords[domain.Mapping](jobs, "mappings"),
		Files:     blob.New(blob.Client(conf), c.Files),
		Mail:      ses.New(sesv2.NewFromConfig(conf), c.MailFrom, c.MailSettings),
		Letter:    mail.Letters{ScreenURL: c.Screen}.Import,
		Log:       logger,
		Count:     lambdaruntime.Metrics{Out: os.Stdout, Stack: c.Stack, Now: time.Now}.Count,
		Now:       time.Now,
	}
	lambda.Start(lambdaruntime.Step(logger, func(ctx context.Context, in flow.Ended) (struct{}, error) {
		return struct{}{}, step.Run(ctx, in.Finish)
	}))
}
