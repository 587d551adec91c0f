"""Programs that the service is compared with: small applications for several designs."""
