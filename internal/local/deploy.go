package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"rollbook/internal/local/emulator"
)

const (
	stackName    = "rollbook"
	deployBucket = "rollbook-deployments"
	mailFrom     = "rollbook@rollbook.example"
)

// deployed are the outputs of the deployed template.
type deployed struct {
	APIID           string
	UserPoolID      string
	ClientID        string
	UploadsBucket   string
	FilesBucket     string
	ContactsTable   string
	EmailsTable     string
	HistoryTable    string
	CatalogueTable  string
	JobsTable       string
	AuditTable      string
	StateMachineARN string
}

func deploy(ctx context.Context, root, built string, s *Stack, o Options) (deployed, error) {
	var d deployed
	objects := s3.NewFromConfig(s.Config(), func(o *s3.Options) { o.UsePathStyle = true })
	owned := new(s3types.BucketAlreadyOwnedByYou)
	if _, err := objects.CreateBucket(ctx, &s3.CreateBucketInput{
		Bucket:                    aws.String(deployBucket),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: emulator.Region},
	}); err != nil && !errors.As(err, &owned) {
		return d, err
	}
	args := []string{filepath.Join(root, ".ci", "deploy.py"), "deploy", "--yes", "--built=" + built,
		"--stack=" + stackName, "--bucket=" + deployBucket, "--region=" + emulator.Region, "--watch=0", "--poll=0.1"}
	for _, parameter := range []string{
		"Architecture=" + architecture(),
		"MailFrom=" + mailFrom,
		"ScreenUrl=" + s.URL,
		"EmulatorUrl=" + s.Endpoint,
		"PasswordAuth=true",
		"TokenMinutes=60", // a token is got by a command, and renewed by nobody
		"Mfa=OFF",
		// The emulator is one process: two chunks keep it busy, and more only
		// make everybody's requests wait.
		"MapConcurrency=2",
	} {
		args = append(args, "--parameter="+parameter)
	}
	if err := python(ctx, root, s.Endpoint, args...); err != nil {
		return d, fmt.Errorf("deploying: %w", err)
	}
	out, err := cloudformation.NewFromConfig(s.Config()).DescribeStacks(ctx,
		&cloudformation.DescribeStacksInput{StackName: aws.String(stackName)})
	if err != nil {
		return d, err
	}
	if len(out.Stacks) != 1 {
		return d, errors.New("the deployed stack is not there")
	}
	for _, o := range out.Stacks[0].Outputs {
		d.set(aws.ToString(o.OutputKey), aws.ToString(o.OutputValue))
	}
	return d, nil
}

func (d *deployed) set(key, value string) {
	for name, field := range map[string]*string{
		"ApiId":            &d.APIID,
		"UserPoolId":       &d.UserPoolID,
		"UserPoolClientId": &d.ClientID,
		"UploadsBucket":    &d.UploadsBucket,
		"FilesBucket":      &d.FilesBucket,
		"ContactsTable":    &d.ContactsTable,
		"EmailsTable":      &d.EmailsTable,
		"HistoryTable":     &d.HistoryTable,
		"CatalogueTable":   &d.CatalogueTable,
		"JobsTable":        &d.JobsTable,
		"AuditTable":       &d.AuditTable,
		"StateMachineArn":  &d.StateMachineARN,
	} {
		if name == key {
			*field = value
		}
	}
}

// python runs the Python that has the SAM CLI with the emulator in the place of
// AWS. What it says is shown only when it fails.
func python(ctx context.Context, root, endpoint string, args ...string) error {
	// The script sam names its Python by path, and so does not bear that the
	// checkout moves.
	python := filepath.Join(root, ".local", "sam", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return errors.New("the SAM CLI is not installed: run make setup")
	}
	cmd := exec.CommandContext(ctx, python, args...)
	cmd.Dir = root
	cmd.Env = append(emulator.Environment(endpoint),
		"SAM_CLI_TELEMETRY=0",
		"__SAM_CLI_APP_DIR="+filepath.Join(root, ".local", "sam", "app"),
	)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, strings.TrimSpace(output.String()))
	}
	return nil
}
