"""What the service is measured against: small applications, each as lean as what it stands for allows."""
