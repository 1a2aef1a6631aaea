// Command template is the function that makes import templates.
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
	"rollbook/internal/file/guide"
	"rollbook/internal/importing/flow"
	"rollbook/internal/mail"
	"rollbook/internal/steps/template"
)

func main() {
	var c struct {
		Contacts     string `env:"TABLE_CONTACTS"`
		History      string `env:"TABLE_HISTORY"`
		Catalogue    string `env:"TABLE_CATALOGUE"`
		Jobs         string `env:"TABLE_JOBS"`
		Files        string `env:"BUCKET_FILES"`
		MailFrom     string `env:"MAIL_FROM"`
		MailSettings string `env:"MAIL_CONFIGURATION_SET"`
		Screen       string `env:"SCREEN_URL"`
	}
	if err := lambdaruntime.Read(&c, os.LookupEnv); err != nil {
		log.Fatal(err)
	}
	conf, err := config.Load()
	if err != nil {
		log.Fatal(err)
	}
	db, logger := dynamo.Open(conf), lambdaruntime.Logger()
	step := &template.Step{
		Contacts:  dynamo.NewContacts(db, c.Contacts, "", c.History, ""), // it reads contacts and which of them changed
		Catalogue: dynamo.NewCatalogue(db, c.Catalogue),
		Jobs:      dynamo.NewJobs(db, c.Jobs),
		Files:     blob.New(blob.Client(conf), c.Files),
		Mail:      ses.New(sesv2.NewFromConfig(conf), c.MailFrom, c.MailSettings),
		Letter:    mail.Letters{ScreenURL: c.Screen}.Template,
		Guide:     guide.README,
		Log:       logger,
		Now:       time.Now,
	}
	lambda.Start(lambdaruntime.Step(logger, func(ctx context.Context, in flow.Template) (struct{}, error) {
		return struct{}{}, step.Run(ctx, in)
	}))
}
