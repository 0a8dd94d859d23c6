"""What every explainer is built from: the contract, the registry, the data, pictures, the exported script."""
