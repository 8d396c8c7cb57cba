//! The cost parameters of the protocol, read out of the host's own calibration.
//!
//! A network keeps them in its config settings. The host carries the same numbers
//! as its defaults but does not hand them out, so they are measured: the cost of
//! an operation is `constant + linear * input / 128`, hence inputs of 0 and 128
//! give both terms. Where 128 inputs are more than a budget holds, the memory term
//! comes from 16 of them and is known to 8/128 of a byte.

use soroban_env_host::{
    budget::Budget,
    xdr::{ContractCostParamEntry, ContractCostParams, ContractCostType, ExtensionPoint, ScErrorCode},
    HostError,
};

/// The input at which the linear term counts once.
const WHOLE: u64 = 128;
/// A part of it that every operation can be measured with.
const PART: u64 = 16;

/// Cost parameters for instructions and for memory.
pub struct CostModel {
    pub instructions: ContractCostParams,
    pub memory: ContractCostParams,
}

/// What an operation costs in a fresh budget.
struct Cost {
    instructions: u64,
    /// Bytes; unknown when the instructions alone are too many.
    memory: Option<u64>,
}

impl CostModel {
    /// The parameters of the host's protocol.
    ///
    /// # Errors
    /// Only if the host cannot evaluate its own model.
    pub fn of_host() -> Result<Self, HostError> {
        let mut instructions = Vec::new();
        let mut memory = Vec::new();
        for kind in ContractCostType::VARIANTS {
            let base = measure(Budget::default(), kind, 0)?;
            let whole = measure(Budget::default(), kind, WHOLE)?;
            instructions.push(entry(
                base.instructions,
                linear(whole.instructions, base.instructions, 1),
            ));
            let base_memory = base.memory.unwrap_or(0);
            let linear_memory = match whole.memory {
                Some(bytes) => linear(bytes, base_memory, 1),
                None => {
                    let part = measure(Budget::default(), kind, PART)?;
                    linear(part.memory.unwrap_or(base_memory), base_memory, WHOLE / PART)
                }
            };
            memory.push(entry(base_memory, linear_memory));
        }
        Ok(Self {
            instructions: ContractCostParams(instructions.try_into().unwrap_or_default()),
            memory: ContractCostParams(memory.try_into().unwrap_or_default()),
        })
    }
}

/// The cost of one operation with this input. Operations of constant cost take no
/// input and are refused with one; those beyond the limit are counted all the same.
fn measure(budget: Budget, kind: ContractCostType, input: u64) -> Result<Cost, HostError> {
    let mut memory_counted = true;
    match budget.charge(kind, Some(input)) {
        Ok(()) => {}
        Err(error) if error.error.is_code(ScErrorCode::ExceededLimit) => memory_counted = false,
        Err(_) => budget.charge(kind, None)?,
    }
    let memory = budget.get_mem_bytes_consumed()?;
    Ok(Cost {
        instructions: budget.get_cpu_insns_consumed()?,
        memory: memory_counted.then_some(memory),
    })
}

fn linear(cost: u64, base: u64, factor: u64) -> u64 {
    cost.saturating_sub(base).saturating_mul(factor)
}

fn entry(base: u64, linear: u64) -> ContractCostParamEntry {
    ContractCostParamEntry {
        ext: ExtensionPoint::V0,
        const_term: i64::try_from(base).unwrap_or(i64::MAX),
        linear_term: i64::try_from(linear).unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_terms_are_those_of_the_network() {
        let model = CostModel::of_host().unwrap();
        let terms: Vec<_> = model
            .instructions
            .0
            .iter()
            .take(3)
            .map(|entry| (entry.const_term, entry.linear_term))
            .collect();
        assert_eq!(terms, [(4, 0), (434, 16), (42, 16)]);
        assert_eq!(model.instructions.0.len(), ContractCostType::VARIANTS.len());
    }

    #[test]
    fn a_budget_made_of_them_costs_what_the_host_costs() {
        let model = CostModel::of_host().unwrap();
        for kind in ContractCostType::VARIANTS {
            let (instructions, memory) = (model.instructions.clone(), model.memory.clone());
            let own = Budget::try_from_configs(u64::MAX, u64::MAX, instructions, memory).unwrap();
            let own = measure(own, kind, PART).unwrap();
            let host = measure(Budget::default(), kind, PART).unwrap();
            assert_eq!(own.instructions, host.instructions, "{kind:?}");
            assert_eq!(own.memory, host.memory, "{kind:?}");
            assert!(host.memory.is_some(), "{kind:?} cannot be measured");
        }
    }
}
