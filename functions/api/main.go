// Command api is the function behind the HTTP API and the screen.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	lambdaservice "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/uuid"

	"rollbook/internal/api"
	"rollbook/internal/api/token"
	"rollbook/internal/aws/blob"
	"rollbook/internal/aws/cognito"
	"rollbook/internal/aws/config"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/aws/httpapi"
	"rollbook/internal/aws/invoke"
	"rollbook/internal/aws/lambdaruntime"
	"rollbook/internal/aws/stepfunctions"
	"rollbook/internal/aws/tenant"
	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/web"
)

// templates asks the template function to make a template some time later.
type templates struct{ function *invoke.Function }

func (t templates) Prepare(ctx context.Context, in domain.InstitutionID, id string) error {
	return t.function.Later(ctx, flow.Template{Version: flow.Version, Institution: in, Template: id})
}

func main() {
	var c struct {
		Contacts  string `env:"TABLE_CONTACTS"`
		Emails    string `env:"TABLE_EMAILS"`
		History   string `env:"TABLE_HISTORY"`
		Catalogue string `env:"TABLE_CATALOGUE"`
		Jobs      string `env:"TABLE_JOBS"`
		Audit     string `env:"TABLE_AUDIT"`
		Uploads   string `env:"BUCKET_UPLOADS"`
		Files     string `env:"BUCKET_FILES"`
		Machine   string `env:"STATE_MACHINE_ARN"`
		Template  string `env:"TEMPLATE_FUNCTION"`
		Screen    string `env:"SCREEN_URL"`
		Pool      string `env:"USER_POOL_ID"`
		Client    string `env:"USER_POOL_CLIENT_ID"`
		Federated string `env:"FEDERATION"` // an api.Federation as JSON
		SignIn    string `env:"USER_POOL_DOMAIN"`
		Issuer    string `env:"ISSUER"`
		Keys      string `env:"JWKS_URL"`
		Loopback  string `env:"WEBHOOKS_TO_LOOPBACK"` // true or false
		Front     string `env:"ORIGIN_SECRETS"`       // as httpapi.ParseFront reads it
	}
	if err := lambdaruntime.Read(&c, os.LookupEnv); err != nil {
		log.Fatal(err)
	}
	front, err := httpapi.ParseFront(c.Front)
	if err != nil {
		log.Fatal(err)
	}
	conf, err := config.Load()
	if err != nil {
		log.Fatal(err)
	}
	// Each request's are its institution's, whatever the code above asks for.
	db, objects := dynamo.Open(conf, tenant.Tables), blob.Client(conf, tenant.Objects)
	db.Retry.Patience = 10 * time.Second // somebody waits, and the gateway for 30 s at most
	uploads := blob.New(objects, c.Uploads)
	uploadsOrigin, err := uploads.Origin(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	var federation api.Federation
	if err := json.Unmarshal([]byte(c.Federated), &federation); err != nil {
		log.Fatal("FEDERATION: ", err)
	}
	clients := []string{c.Client}
	if federation.ClientID != "" {
		clients = append(clients, federation.ClientID)
	}
	verifier := &token.Verifier{Issuer: c.Issuer, ClientIDs: clients, KeysURL: c.Keys, Client: &http.Client{Timeout: 5 * time.Second}, Now: time.Now}
	jobs := dynamo.NewJobs(db, c.Jobs)
	handler := api.New(api.Config{
		Contacts:         dynamo.NewContacts(db, c.Contacts, c.Emails, c.History, c.Catalogue),
		Catalogue:        dynamo.NewCatalogue(db, c.Catalogue),
		Jobs:             jobs,
		Audit:            dynamo.NewAudit(db, c.Audit),
		Users:            dynamo.NewRecords[domain.User](jobs, "users"),
		Directory:        cognito.New(cognitoidentityprovider.NewFromConfig(conf), c.Pool),
		Usage:            dynamo.NewRecords[domain.Usage](jobs, "usage"),
		Keys:             dynamo.NewRecords[domain.Key](jobs, "keys"),
		Webhooks:         dynamo.NewRecords[domain.Webhook](jobs, "webhooks"),
		Deliveries:       dynamo.NewRecords[domain.Delivery](jobs, dynamo.DeliveriesKind),
		LoopbackWebhooks: c.Loopback == "true",
		Mappings:         dynamo.NewRecords[domain.Mapping](jobs, "mappings"),
		Drafts:           dynamo.NewRecords[domain.Draft](jobs, "drafts"),
		Removed:          dynamo.NewRecords[domain.Removed](jobs, "removed"),
		Uploads:          uploads,
		Files:            blob.New(objects, c.Files),
		Machine:          stepfunctions.New(sfn.NewFromConfig(conf), c.Machine),
		Templates:        templates{invoke.New(lambdaservice.NewFromConfig(conf), c.Template)},
		Verify: func(ctx context.Context, bearer string) (api.Claims, error) {
			claims, err := verifier.Verify(ctx, bearer)
			return api.ClaimsOf(claims, federation), err
		},
		Now:           time.Now,
		NewID:         func() string { return uuid.Must(uuid.NewV7()).String() },
		ScreenURL:     c.Screen,
		SignInURL:     c.SignIn,
		UserPoolID:    c.Pool,
		ClientID:      c.Client,
		Federation:    federation,
		UploadsOrigin: uploadsOrigin,
		Assets:        web.Assets(),
		Log:           lambdaruntime.Logger(),
	})
	lambda.Start(httpapi.Function{Handler: handler, Front: front}.Serve)
}
